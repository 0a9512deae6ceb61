"""The catalogue as a sheet: exported, edited in a spreadsheet, imported by a job that tells what was wrong where."""
