"""The agent on board of a van: collects readings, keeps them until the platform has committed them, obeys commands.

sources/      where readings come from: recordings, a GNSS receiver, the CAN bus; the simulator adds its own
profile       what the platform wants collected, and the choice of it from a reading
outbox        readings on disk (SQLite) until they are acknowledged; command counters live in the same file
flow          when to send which point again; pure
link          the connection: hello, telemetry, acknowledgements, back-off
mqtt          MQTT 3.1.1 as far as the link needs it
commands      whether a command may be carried out, and that it is carried out once at most
agent         all of it together; dozens fit into one process
main          `kolonne module`

A *reading* is what the van said at one moment. A *point* is a reading as the platform wants it, with its number.
*(epoch, sequence)* numbers every point of a module for ever. A *mark* is where a recording was left off. The *session
clock* counts milliseconds since this start (*boot*) of the agent.

No Django and few imports: it must run on a Raspberry-class computer in less than 40 MB.
"""
