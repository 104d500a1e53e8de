"""The program that stores what modules send, and acknowledges it after COMMIT and never before (NF-05).

A flush is one transaction: samples by COPY, the vans' last state, transitions, counters, and the modules' cursors.
The path of a point: `broker` (bytes from NATS) -> `decode` -> `prefix` (is it the next one?) -> `plans` or
`readings` (a row) -> `states` (last values) -> `store` (COMMIT) -> acknowledgement and live changes in `pipeline`.

Nothing is kept that was not committed: whatever goes wrong, the module sends again.
"""
