"""WFDB records: headers, signal files, segments."""
