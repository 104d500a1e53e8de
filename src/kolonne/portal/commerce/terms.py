"""Which terms are in force. The text is `templates/commerce/terms.html`; whoever changes it changes this, too."""

TERMS_VERSION = "2026-11"
