"""What every context stands on: who acts, on whose rows, with which errors. Holds no rows of its own.

Words: *actor* (who does something, and in whose name), *scope* (the companies whose rows may be touched now).
"""
