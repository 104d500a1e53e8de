"""How dates are written where Django's own way misleads: its English is American, our readers' is not."""
