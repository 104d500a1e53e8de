"""Django's settings: one file, everything that differs between machines comes from `kolonne.config`."""

import hashlib
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from csp.constants import NONE, SELF

from kolonne import config, logs
from kolonne.portal.site import database

CONFIG = config.load()
logs.configure(CONFIG)
PORTAL = Path(__file__).resolve().parent.parent
NODE_MODULES = PORTAL.parents[2] / "node_modules"

PUBLIC_URL = CONFIG.public_url or CONFIG.endpoints().portal
IS_HTTPS = PUBLIC_URL.startswith("https://")
DEMO = CONFIG.demo

SECRET_KEY = CONFIG.secret_key or CONFIG.secret("secret-key")
DEBUG = False
ALLOWED_HOSTS = [urlsplit(PUBLIC_URL).hostname or "localhost", "127.0.0.1", "localhost"]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

INSTALLED_APPS = [
    # Ours first: our templates win over those of the packages below.
    "kolonne.portal.audit",
    "kolonne.portal.identity",
    "kolonne.portal.companies",
    "kolonne.portal.vehicles",
    "kolonne.portal.commerce",
    "kolonne.portal.telemetry",
    "kolonne.portal.commands",
    "kolonne.portal.fleet",
    "kolonne.portal.support",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.idp.oidc",
    "django_altcha",
    "csp",
    "ninja",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "kolonne.portal.site.middleware.language",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "kolonne.portal.identity.middleware.session_limits",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "kolonne.portal.identity.form_targets.middleware",
    "kolonne.portal.site.middleware.no_store",
    "kolonne.portal.lib.documents.middleware",
    "kolonne.portal.site.middleware.Scope",
    "kolonne.portal.site.middleware.second_factor_first",
]

ROOT_URLCONF = "kolonne.portal.site.urls"
ASGI_APPLICATION = "kolonne.portal.site.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PORTAL / "site" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "kolonne.portal.site.context.shell",
                "kolonne.portal.companies.views.navigation.um",
            ]
        },
    }
]

DATABASES = {"default": database.settings(CONFIG)}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
# Shared by all processes. Limits on guessing live here: with Django's 300 entries an attacker would push them out.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "django_cache",
        "OPTIONS": {"MAX_ENTRIES": 200_000},
    }
}

# Kolonne ID: sign-in by user id or verified e-mail in one field (ID-01), second factors, sessions, OpenID Connect.
AUTH_USER_MODEL = "identity.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "kolonne.portal.identity.client_secrets.RandomSecretHasher",  # of applications, never of people
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "kolonne.portal.identity.passwords.Length"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "kolonne.portal.identity.passwords.NotGuessable"},
    {"NAME": "kolonne.portal.support.passwords.NotSupportPassword"},
]
PASSWORD_TRIES = 100  # wrong ones in a row, then only a passkey, a mail or a helper opens (NIST SP 800-63B-4)
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "kolonne.portal.identity.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "kolonne.portal.identity.forms.sign_in.SignInForm",
    "reauthenticate": "kolonne.portal.identity.forms.sign_in.ConfirmForm",
    "change_password": "kolonne.portal.identity.forms.sign_in.PasswordForm",
    "add_email": "kolonne.portal.identity.forms.sign_in.AddressForm",
    "confirm_email_verification_code": "kolonne.portal.identity.forms.sign_in.AddressCodeForm",
}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 600  # ASVS 6.5.5: a code lives for ten minutes at most
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # nobody gets mail from us because somebody else typed an address
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGIN_TIMEOUT = 30 * 60  # a sign-in that waits for a code in a mail needs its time
ACCOUNT_RATE_LIMITS = {
    # Wrong passwords and codes by account, from wherever. Wrong passwords by address are counted in identity.limits: a
    # right code would have allauth forget them here, and whoever guesses at others' passwords has an account, too.
    "login_failed": "5/5m/key,20/h/key",
    "private_sign_up": "20/m/ip,5/h/key",
    "private_confirm": "10/m/key",
}
PASSWORD_RESET_TIMEOUT = 3600  # ID-04: a link in a mail lives for 60 minutes
INVITATION_DAYS = 14
CLAIM_DAYS = 14  # VH-09: how long the owner of a claimed van has to answer
CLAIM_LAPSE_DAYS = 60  # after that, unless the claimant goes to a dealer
RESERVED_DAYS = 14  # how long a released van is kept for the claimant
HANDOVER_DAYS = 14  # how long the code of a hand-over can be used
ALLAUTH_TRUSTED_PROXY_COUNT = CONFIG.trusted_proxies
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if IS_HTTPS else "http"

MFA_ADAPTER = "kolonne.portal.identity.adapter.FactorAdapter"
MFA_FORMS = {
    "authenticate": "kolonne.portal.identity.forms.factors.CodeForm",
    "reauthenticate": "kolonne.portal.identity.forms.factors.ConfirmCodeForm",
    "activate_totp": "kolonne.portal.identity.forms.factors.AppForm",
    "add_webauthn": "kolonne.portal.identity.forms.factors.AddPasskeyForm",
    "edit_webauthn": "kolonne.portal.identity.forms.factors.RenamePasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_HTTPS
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # a passkey stands for password and second factor
MFA_TOTP_ISSUER = "Kolonne"
MFA_RECOVERY_CODES_SHOW_ONCE = True
USERSESSIONS_TRACK_ACTIVITY = True

IDP_OIDC_ADAPTER = "kolonne.portal.identity.provider.ProviderAdapter"
IDP_OIDC_AUTHORIZATION_CODE_EXPIRES_IN = 60
IDP_OIDC_ACCESS_TOKEN_EXPIRES_IN = 600
IDP_OIDC_ID_TOKEN_EXPIRES_IN = 300
IDP_OIDC_REFRESH_TOKEN_EXPIRES_IN = 12 * 3600

ALTCHA_HMAC_KEY = hashlib.sha256(f"altcha {SECRET_KEY}".encode()).hexdigest()
ALTCHA_CHALLENGE_EXPIRE = 3_600_000  # ms: whoever is called away from a form finds it as it was

SESSION_COOKIE_NAME = "__Host-kolonne" if IS_HTTPS else "kolonne"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_IDLE_S = 2 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_HTTPS else None
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 50_000  # all services of thousands of vans are decided about at once (PR-06)
_TILES = urlsplit(CONFIG.tiles_url)
_TILES_ORIGIN = [f"{_TILES.scheme}://{_TILES.netloc}"] if CONFIG.tiles_url else []
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:", *_TILES_ORIGIN],
        "connect-src": [SELF, *_TILES_ORIGIN],
        "worker-src": [SELF, "blob:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

EMAIL_BACKEND = "kolonne.portal.lib.mail.FolderBackend"
EMAIL_FOLDER = CONFIG.data / "mail"
FILES_OF_MAILS_KEPT = timedelta(days=30)  # mails and SMS that became files
DEFAULT_FROM_EMAIL = CONFIG.mail_from or f"Kolonne <no-reply@{urlsplit(PUBLIC_URL).hostname}>"
if CONFIG.mail_url:
    _MAIL = urlsplit(CONFIG.mail_url)
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = _MAIL.hostname
    EMAIL_USE_SSL = _MAIL.scheme == "smtps"
    EMAIL_USE_TLS = not EMAIL_USE_SSL
    EMAIL_PORT = _MAIL.port or (465 if EMAIL_USE_SSL else 587)
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_MAIL.username or ""), unquote(_MAIL.password or "")
    EMAIL_TIMEOUT = 20

SMS_FOLDER = CONFIG.data / "sms"
SMS_URL, SMS_TOKEN = CONFIG.sms_url, CONFIG.sms_token
DELETION_DAYS = CONFIG.deletion_days
COMPANY_NOTICE_DAYS = CONFIG.company_notice_days
ENROLMENT_CODE_HOURS = CONFIG.enrolment_code_hours
CERTIFICATE_GRACE_DAYS = CONFIG.certificate_grace_days
TRIAL_ANNOUNCEMENT = timedelta(days=CONFIG.trial_announcement_days)
EXPORT_FOLDER = CONFIG.data / "exports"
VAN_IMPORT_DAYS = 30  # files with vans and what became of their lines

DATA_LOCATION = CONFIG.data_location
SELLER = CONFIG.seller
PARTNER_REMINDER = timedelta(days=CONFIG.partner_reminder_days)
SUPPORT_SESSION = timedelta(minutes=60)  # SU-02: how long a helper works in a customer's name
SUPPORT_CODE_LIFE = timedelta(minutes=15)  # SU-01

LANGUAGE_CODE = CONFIG.language
LANGUAGES = [("de", "Deutsch"), ("nb", "Norsk bokmål"), ("en", "English")]
LOCALE_PATHS = [PORTAL / "locale"]
USE_I18N = True
FORMAT_MODULE_PATH = ["kolonne.portal.site.formats"]
USE_TZ = True
TIME_ZONE = "UTC"


def _release() -> str:
    """A short word that changes with our scripts and styles, so that browsers may keep files for a year."""
    digest = hashlib.sha256()
    for file in sorted(PORTAL.glob("*/static/**/*")):
        if file.is_file():
            digest.update(f"{file.relative_to(PORTAL)} {file.stat().st_mtime_ns}".encode())
    return digest.hexdigest()[:10]


STATIC_URL = f"/static/{_release()}/"
STATIC_ROOT = CONFIG.data / "static"
STATICFILES_DIRS = [
    PORTAL / "site" / "static",
    *(
        (f"vendor/{name}", str(folder))
        for name, folder in {
            "tabler": NODE_MODULES / "@tabler" / "core" / "dist",
            "inter": NODE_MODULES / "@fontsource-variable" / "inter",
            "maplibre": NODE_MODULES / "maplibre-gl" / "dist",
            "atlas": NODE_MODULES / "world-atlas",
            "topojson": NODE_MODULES / "topojson-client" / "dist",
        }.items()
        if folder.is_dir()
    ),
]
DOCUMENT_FONTS = NODE_MODULES / "@expo-google-fonts" / "inter"
DOCUMENT_LOGO = PORTAL / "site" / "static" / "site" / "logo.svg"
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_MAX_AGE = 31_536_000

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"without_keys": {"()": "kolonne.portal.identity.log_filter.WithoutKeys"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["without_keys"]}},
    "root": {"handlers": ["console"], "level": CONFIG.log_level},
    # httpx names whole addresses at INFO, and with them what they hold.
    "loggers": {"procrastinate": {"level": "WARNING"}, "httpx": {"level": "WARNING"}},
}
