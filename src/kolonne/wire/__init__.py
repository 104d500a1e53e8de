"""What Kolonne's programs say to each other: messages, subjects, versions, the signal catalogue, signatures.

No I/O, no clock and no Django, because the same words run on board of a van, in a load generator and in the portal.
Modules in vans are older than the server: what is here may grow, and never changes its meaning within `VERSION`.
"""

VERSION = 1
