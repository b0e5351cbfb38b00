"""byzfl's rules on the data, model, attacks and seeds of `tributary tournament`."""
