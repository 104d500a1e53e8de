"""One van as a state machine: no I/O, and clock and chance are handed in.

state      all that is true of a van at one moment
report     the state as readings of the signal catalogue
drive      along a route, as a calm driver does
energy     battery, tank, charging
body       doors, windows, locks, tyres, temperatures
orders     what remote commands do, and on which condition they fail
behaviour  what a van does all day, as a sequence of acts
simulated  all of it together, one step at a time
"""
