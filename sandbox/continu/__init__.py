"""The Continu Reporting API, as its documentation describes it."""
