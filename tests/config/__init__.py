"""Tests of config: the settings and what is said of bad ones."""
