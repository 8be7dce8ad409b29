"""Pure functions on values: no files, no clocks, no models."""
