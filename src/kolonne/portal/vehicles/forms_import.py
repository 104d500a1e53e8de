from django import forms
from django.utils.translation import gettext_lazy

from kolonne.portal.vehicles import import_texts
from kolonne.portal.vehicles.csv_import import MAX_BYTES


class FileForm(forms.Form):
    """A file with vans; what is in it is looked at by the action."""

    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        error_messages={
            "required": gettext_lazy("Choose a file."),
            "empty": gettext_lazy("The file is empty. The template shows what it needs."),
        },
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
    )

    def clean_file(self) -> object:
        """Not even read when it is too large."""
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(import_texts.of_file("too_large", {}), code="too_large")
        return file
