"""A stand-in for Confluence: its pages by Cloud's version 2 and by Data Center's API."""
