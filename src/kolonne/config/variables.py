"""Every setting: its name, its default, what it does and what it takes. `docs/reference/settings.md` is this table."""

from dataclasses import dataclass

from kolonne.config.kinds import Kind, data_directory, flag, mail_address, number, one_of, port, sms_address, text

PREFIX = "KOLONNE_"


@dataclass(frozen=True)
class Variable:
    """One environment variable, without the prefix."""

    name: str
    default: str
    help: str
    kind: Kind = text


VARIABLES = (
    Variable(
        "DATA",
        "",
        "Directory of everything that Kolonne keeps. Default: `~/.local/share/kolonne`, for root `/var/lib/kolonne`.",
        data_directory,
    ),
    Variable("HOST", "127.0.0.1", "Address on which portal and MQTT listen."),
    Variable("PORT", "8000", "Port of the portal; 0 takes a free one.", port),
    Variable("MQTT_PORT", "1883", "Port on which communication modules connect; 0 takes a free one.", port),
    Variable("NATS_PORT", "4222", "Port of the embedded NATS for our own programs; 0 takes a free one.", port),
    Variable("POSTGRES_PORT", "0", "Port of the embedded PostgreSQL, on loopback only; 0 takes a free one.", port),
    Variable(
        "DATABASE_URL",
        "",
        "A PostgreSQL server of your own (16 or newer) as `postgresql://admin:password@host:port/database`. "
        "The user must be allowed to create roles. Empty: the embedded server.",
    ),
    Variable(
        "NATS_URL",
        "",
        "A NATS server of your own (2.15 or newer), as `nats://host:port`, run with the configuration "
        "that `kolonne nats-config` prints. Empty: the embedded server.",
    ),
    Variable("PUBLIC_URL", "", "Address under which people reach the portal, with https. Default: host and port."),
    Variable(
        "TRUSTED_PROXIES",
        "0",
        "How many proxies of your own stand before the portal. So many entries at the end of `X-Forwarded-For` are "
        "believed, to slow down guessing per address and to name addresses in the audit.",
        number(0, 9),
    ),
    Variable("SECRET_KEY", "", "Key that signs sessions and links. Default: made once, kept in the data directory."),
    Variable(
        "LANGUAGE", "en", "Language of pages before somebody chose one: `de`, `nb` or `en`.", one_of("de", "nb", "en")
    ),
    Variable("TILES_URL", "", "Address of a map style (JSON) to use instead of the built-in offline map."),
    Variable("ROADS", "", "An OpenStreetMap extract (`.osm.pbf`) whose roads are drawn under the vans."),
    Variable("DEMO", "", "`1` shows the demonstration's one-click sign-ins and outbox. Never on a real server.", flag),
    Variable(
        "PARTNER_REMINDER_DAYS",
        "7",
        "How often administrators of a company without an after-sales partner are reminded by mail, in days "
        "(1 to 365).",
        number(1, 365),
    ),
    Variable(
        "COMPANY_NOTICE_DAYS",
        "14",
        "How long the contracts of a company run on after somebody ordered its deletion, in days (1 to 90). The order "
        "can be withdrawn until then; after that everything is erased.",
        number(1, 90),
    ),
    Variable(
        "TRIAL_ANNOUNCEMENT_DAYS",
        "30",
        "How long before the end of a trial a company's administrators are told of it by mail, in days (1 to 90).",
        number(1, 90),
    ),
    Variable(
        "MAIL_URL",
        "",
        "Your mail server: `smtp://user:password@host:587` (STARTTLS is required) or `smtps://user:password@host:465`. "
        "Empty: mails become files in the data directory's `mail`.",
        mail_address,
    ),
    Variable("MAIL_FROM", "", "Sender of all mails, e.g. `Kolonne <no-reply@fleet.example>`. Default: no-reply@host."),
    Variable(
        "SMS_URL",
        "",
        "Where SMS are handed over: `https://user:password@sms.example/path`, which takes JSON with `to` and `text` by "
        "POST. User and password are sent as basic authentication. Empty: SMS become files in the data directory's "
        "`sms`.",
        sms_address,
    ),
    Variable("SMS_TOKEN", "", "Bearer token for that address, if it wants one instead of user and password."),
    Variable(
        "DELETION_DAYS",
        "30",
        "How long the administrators of a company have to act when one of its people asks to be deleted, in days "
        "(1 to 30); then the administrators of the market are told.",
        number(1, 30),
    ),
    Variable(
        "DATA_LOCATION",
        "",
        "Where this installation keeps its data, as people read it in their account, e.g. `Stockholm, Sweden (Example "
        "Hosting AB)`. Empty: they are told to ask whoever runs the installation.",
    ),
    Variable(
        "CATALOGUE",
        "",
        "File with your own products, services and prices (YAML), checked by `kolonne catalogue check`. Empty: those "
        "that come with Kolonne.",
    ),
    Variable(
        "TERMS",
        "",
        "Directory with your own terms (Markdown), checked by `kolonne catalogue check`. Empty: those that come with "
        "Kolonne.",
    ),
    Variable(
        "SELLER",
        "",
        "Who sells where a market has no operator's organisation, as contracts and invoices name it: name and lines of "
        "the address, parted by `;`.",
    ),
    Variable(
        "PROVIDERS",
        "",
        "File with the providers whose SIM cards your modules have, and what they let through abroad (YAML). Empty: no "
        "provider has a policy.",
    ),
    Variable(
        "LATE_DAYS",
        "30",
        "For how many days after the services of a van changed readings from before the change are still taken, if its "
        "module could not send them earlier (1 to 90).",
        number(1, 90),
    ),
    Variable(
        "MQTT_TLS",
        "0",
        "`1` encrypts the connections of communication modules and lets in those only that have a certificate of this "
        "platform (`kolonne module --claim`). `0`: modules say their secret, for tests and simulated vans.",
        flag,
    ),
    Variable("MQTT_CERT", "", "Certificate of the MQTT listener (PEM with chain). Empty: one of the platform's own."),
    Variable("MQTT_KEY", "", "Its private key (PEM), readable by the user that runs the platform."),
    Variable(
        "MQTT_CA",
        "",
        "Authority (PEM) by which modules check that certificate; they keep it when they are enrolled. Empty with a "
        "certificate of yours: the authorities that modules know anyway.",
    ),
    Variable(
        "MQTT_PUBLIC",
        "",
        "`host:port` under which modules reach the MQTT listener. Default: the host of the public address, and its "
        "port on this machine.",
    ),
    Variable(
        "ENROLMENT_CODE_HOURS",
        "24",
        "How long a code to enrol a communication module is good, in hours (1 to 720).",
        number(1, 720),
    ),
    Variable(
        "CERTIFICATE_DAYS",
        "90",
        "How long certificates of communication modules are valid, in days (1 to 397). Modules renew them from half "
        "of that time on.",
        number(1, 397),
    ),
    Variable(
        "CERTIFICATE_GRACE_DAYS",
        "30",
        "How long after its end a certificate can still be renewed, in days (0 to 365), by a module that was out of "
        "reach. It opens no connection in this time.",
        number(0, 365),
    ),
    Variable("LOG_LEVEL", "INFO", "`DEBUG`, `INFO`, `WARNING` or `ERROR`."),
    Variable("MODULE_SERIAL", "", "Serial of the communication module that `kolonne module` plays."),
    Variable("MODULE_SECRET", "", "Secret that `kolonne module enrol` printed for this serial."),
    Variable("MODULE_BROKER", "", "`host:port` of the platform's MQTT listener, for `kolonne module`."),
    Variable("MODULE_COMMAND_KEY", "", "Public key of the platform's command signer (hexadecimal), pinned on board."),
    Variable("MODULE_STORE", "", "File in which the module keeps readings until the platform has stored them."),
)
