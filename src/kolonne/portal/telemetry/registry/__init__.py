"""The program that says who a module is: lets it in, throws it out, hears its hello, tells it what to collect.

NATS asks here before it lets a connection in (its auth callout). Answers come from memory, because ten thousand
modules come back at once after an outage; memory follows the database by notification and every five seconds.
Two registries may run: they share the questions.
"""
