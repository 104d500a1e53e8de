from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from kolonne.portal.support.models import SupportPassword


class NotSupportPassword:
    """A sign-in password must not be what helpers were told (SU-01)."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        row = SupportPassword.objects.filter(user=user.pk).first() if user is not None and user.pk else None
        if row is not None and row.password and check_password(password, row.password):
            raise ValidationError(_("This is your support password, which others may know. Take another one."))

    def get_help_text(self) -> str:
        return _("Not your support password.")
