"""People, and what decides whether they get in."""

from datetime import date, timedelta

from babel import Locale
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Language(models.TextChoices):
    GERMAN = "de", "Deutsch"
    NORWEGIAN = "nb", "Norsk bokmål"
    ENGLISH = "en", "English"


class Market(models.Model):
    """A country with its own administrators, periods and words of help (ID-05, ID-09)."""

    code = models.CharField(primary_key=True, max_length=2)
    """ISO 3166-1 alpha-2 in lower case."""
    warn_days = models.PositiveSmallIntegerField(_("Days until the warning"), default=60)
    lock_days = models.PositiveSmallIntegerField(_("Days until the lock"), default=90)
    notice_days = models.PositiveSmallIntegerField(_("Days until the notice of deletion"), default=150)
    delete_days = models.PositiveSmallIntegerField(_("Days until deletion"), default=180)
    support_email = models.EmailField(_("E-mail address of the support"), blank=True)
    support_phone = models.CharField(_("Telephone of the support"), max_length=30, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(warn_days__gt=0, lock_days__gt=models.F("warn_days"))
                & models.Q(notice_days__gt=models.F("lock_days"), delete_days__gt=models.F("notice_days")),
                name="identity_market_periods_in_order",
            )
        ]

    def __str__(self) -> str:
        locale = Locale.parse(translation.get_language() or Language.ENGLISH)
        return str(locale.territories.get(self.code.upper(), self.code.upper()))


class State(models.TextChoices):
    """Whether a person gets in: one field that failures, inactivity and helpers set."""

    INVITED = "invited", _("Invited")
    ACTIVE = "active", _("Active")
    PASSWORD_LOCKED = "password_locked", _("Password locked")
    LOCKED = "locked", pgettext_lazy("account", "Locked")
    BLOCKED = "blocked", _("Blocked")
    DELETED = "deleted", _("Deleted")


MOVES: dict[State, frozenset[State]] = {
    State.INVITED: frozenset({State.ACTIVE, State.BLOCKED, State.DELETED}),
    State.ACTIVE: frozenset({State.PASSWORD_LOCKED, State.LOCKED, State.BLOCKED, State.DELETED}),
    State.PASSWORD_LOCKED: frozenset({State.ACTIVE, State.LOCKED, State.BLOCKED, State.DELETED}),
    State.LOCKED: frozenset({State.ACTIVE, State.BLOCKED, State.DELETED}),
    State.BLOCKED: frozenset({State.ACTIVE, State.INVITED, State.DELETED}),
    State.DELETED: frozenset(),
}
"""Too many wrong passwords lock the password only: a passkey still opens, so that strangers cannot lock people out."""
OPEN_STATES = (State.ACTIVE, State.PASSWORD_LOCKED)


class Verification(models.TextChoices):
    """Whether a dealer compared somebody or something with a document (VE-02)."""

    UNVERIFIED = "unverified", _("Not checked yet")
    VERIFIED = "verified", _("Verified")
    REFUSED = "refused", pgettext_lazy("verification", "Refused")


class LifeCycleStep(models.TextChoices):
    """The last step of the life cycle that was taken since the last sign-in (ID-05)."""

    NONE = "", "–"
    WARNED = "warned", _("Warned")
    LOCKED = "locked", _("Locked for inactivity")
    NOTICED = "noticed", _("Deletion announced")


class User(AbstractUser):
    """A person. Signs in with the user id (`username`) or, once it is verified, the e-mail address (ID-01)."""

    language = models.CharField(_("Language"), max_length=2, choices=Language, default=Language.ENGLISH)
    market = models.ForeignKey(Market, on_delete=models.PROTECT, related_name="users")
    """Whose administrators are responsible for the person."""

    state = models.CharField(max_length=15, choices=State, default=State.ACTIVE)
    state_since = models.DateTimeField(default=timezone.now)
    is_active = models.GeneratedField(  # Django and allauth ask for it; `state` decides it
        expression=models.Case(models.When(state__in=OPEN_STATES, then=True), default=False),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    failed_sign_ins = models.PositiveSmallIntegerField(default=0)
    """Wrong passwords in a row."""

    last_sign_in_at = models.DateTimeField(default=timezone.now)
    """Last sign-in to any application, or click on the link that keeps the account; creation before that."""
    life_cycle_step = models.CharField(max_length=10, choices=LifeCycleStep, blank=True, default=LifeCycleStep.NONE)
    life_cycle_at = models.DateTimeField(null=True)

    renewal_until = models.DateTimeField(null=True)
    """A helper reset the password: his one works until then, and the next sign-in must give e-mail and password."""
    session_epoch = models.PositiveIntegerField(default=0)
    """Part of every session's proof: one more ends them all."""

    birth_date = models.DateField(_("Date of birth"), null=True)
    """The dealer compares it with the document (CO-03)."""
    mobile = models.CharField(_("Mobile number"), max_length=16, blank=True, db_default="")
    """As E.164, e.g. +4791234567."""
    verification = models.CharField(
        max_length=10, choices=Verification, default=Verification.UNVERIFIED, db_default=Verification.UNVERIFIED
    )
    """Falls back to unverified when the name or the date of birth changes (CO-03)."""
    verified_at = models.DateTimeField(null=True)
    """When a dealer last found name and date of birth to be those of the document."""
    deletion_asked_at = models.DateTimeField(null=True)
    """When the person asked to be deleted (CO-06): his administrator has 30 days, then the operator acts."""
    deletion_told_at = models.DateTimeField(null=True)
    """When the operator's people were told that the administrator did not act."""

    # Rights come from memberships in companies; Django's own staff flags, groups and permissions stay unused.
    is_staff = None
    is_superuser = None
    groups = None  # type: ignore[assignment]
    user_permissions = None  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), condition=~models.Q(email=""), name="identity_user_email_unique"),
            models.UniqueConstraint(Lower("username"), name="identity_user_username_unique"),
            models.CheckConstraint(condition=models.Q(state__in=State.values), name="identity_user_state_known"),
        ]
        indexes = [models.Index(fields=["state", "last_sign_in_at"], name="identity_user_life_cycle")]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def initials(self) -> str:
        return "".join(name[:1] for name in (self.first_name, self.last_name)).upper() or self.username[:2].upper()

    def due(self, step_days: int) -> date:
        """The day on which so many days of inactivity are over."""
        return (self.last_sign_in_at + timedelta(days=step_days)).date()

    def get_session_auth_hash(self) -> str:
        """Changes with the password and with every "sign out everywhere"."""
        return self._session_hash(None)

    def get_session_auth_fallback_hash(self):  # type: ignore[no-untyped-def]  # as Django declares it
        from django.conf import settings  # noqa: PLC0415  # read when asked, like Django does

        for secret in settings.SECRET_KEY_FALLBACKS:
            yield self._session_hash(secret)

    def _session_hash(self, secret: str | bytes | None) -> str:
        value = f"{self.password}:{self.session_epoch}"
        return salted_hmac("kolonne.portal.identity.session", value, secret=secret, algorithm="sha256").hexdigest()


class HelpState(models.TextChoices):
    OPEN = "open", _("Open")
    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")


class HelpRequest(models.Model):
    """What somebody who cannot sign in tells the helpers (ID-07). All of it is as typed; nothing of it is believed."""

    user_id_given = models.CharField(_("User id"), max_length=150)
    first_name = models.CharField(_("First name"), max_length=150)
    last_name = models.CharField(_("Last name"), max_length=150)
    email = models.EmailField(_("E-mail address"))
    company_name = models.CharField(_("Name of your company"), max_length=120)
    company_address = models.CharField(_("Address of your company"), max_length=250)

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="help_requests")
    """Whom the user id or the address belongs to; the person at the form does not learn it."""
    market = models.ForeignKey(Market, on_delete=models.PROTECT, related_name="+")
    """The user's, or the one of the form's language when nobody was found."""
    created_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=HelpState, default=HelpState.OPEN)
    handled_at = models.DateTimeField(null=True)
    handled_by = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "market", "created_at"], name="identity_help_open")]

    def __str__(self) -> str:
        # In the audit, too, which keeps no names of people whom nobody knows.
        return f"request for help {self.pk}"


class PrivateProfile(models.Model):
    """A private ("me") account. It shares the sign-in with a business account and nothing else (ID-03)."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="private_profile")
    name = models.CharField(_("Name"), max_length=150, blank=True)
    mobile = models.CharField(_("Mobile number"), max_length=30, blank=True)
    street = models.CharField(_("Street and number"), max_length=120, blank=True)
    postal_code = models.CharField(_("Postal code"), max_length=12, blank=True)
    city = models.CharField(_("City"), max_length=80, blank=True)
    wanted_email = models.EmailField(blank=True)
    """The address of a sign-up until it is shown to be the person's; only then it becomes the account's."""
    since = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"private account of {self.user.username}"


class Application(models.Model):
    """Something that a Kolonne ID opens: one of ours, or somebody else's by OpenID Connect (ID-12)."""

    code = models.SlugField(primary_key=True, max_length=40)
    name = models.CharField(max_length=80)
    url = models.URLField(blank=True)
    client_id = models.CharField(max_length=100, unique=True, null=True)
    """Of the OpenID Connect client; null for applications of ours."""
    rights = ArrayField(models.SlugField(max_length=30), default=list)
    """What can be granted, e.g. `use`, `order`. The first is what a request for access asks for."""
    kinds = ArrayField(models.CharField(max_length=20), default=list)
    """Kinds of organisation whose people can be given it; empty: all."""
    needs_consent = models.BooleanField(default=True)
    """Whether the person is asked before data go to it, because it belongs to somebody else."""
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class SigningKey(models.Model):
    """A key that signs identity tokens. The next one is published before it signs, the last one after (ID-12)."""

    pem = models.TextField()
    """RSA private key, encrypted with a key derived from the secret key of this data directory."""
    created_at = models.DateTimeField(default=timezone.now)
    signs_from = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["signs_from"]

    def __str__(self) -> str:
        return f"signing key {self.pk}"
