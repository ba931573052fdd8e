"""Mail: files in development, SMTP (Amazon SES has an SMTP endpoint) in production."""

from genomics.settings import env
from genomics.settings.core import PRODUCTION, VAR_DIR

DEFAULT_FROM_EMAIL = env.needed_text(
    "DEFAULT_FROM_EMAIL", "sender of all mails", development="Genomics Cloud <hello@localhost>"
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_SUBJECT_PREFIX = ""
EMAIL_FILE_PATH = str(VAR_DIR / "mail")
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend" if PRODUCTION else "django.core.mail.backends.filebased.EmailBackend"
)
EMAIL_HOST = env.needed_text("EMAIL_HOST", "SMTP server; development writes files instead", development="")
EMAIL_PORT = env.integer("EMAIL_PORT", "SMTP port", default=587)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "SMTP user", default="")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "SMTP password", default="")
EMAIL_USE_TLS = True
EMAIL_TIMEOUT = 20
MAIL_MAX_ATTEMPTS = 8
