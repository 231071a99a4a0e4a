"""A Singer tap for Continu and Coursebase."""
