"""Who may do what: the one door through which people reach lessons. Pages, routes and commands ask here."""
