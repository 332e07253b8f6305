"""Registry files: reading, checking, comparing and writing CSV and XLSX."""
