"""Tables that are laid out otherwise than a row a thing and a column a target: told, and set out so."""
