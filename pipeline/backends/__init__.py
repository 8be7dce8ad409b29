"""One engine or model a file; each fits a port of :mod:`pipeline.ports`. Engines are imported when they are used."""
