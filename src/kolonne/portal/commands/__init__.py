"""Remote commands: asked for by people and programs, signed by a program of its own, answered by the van itself.

Words: *command* (one order to one van), *step* (a state that it reached, with time and reason), *signer* (the only
program that holds the key which vans obey), *unlock PIN* (the second thing, beside the sign-in, that opens a van).

The portal writes a command as `queued` and can do no more: it holds neither the signing key nor a way to check a PIN.
"""
