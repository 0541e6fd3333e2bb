"""Measures Daybook, compares it with its peers, and reports."""
