"""All settings, by topic. Read from the environment once; code reads django.conf.settings."""

from genomics.settings.accounts import *
from genomics.settings.archive import *
from genomics.settings.aws import *
from genomics.settings.billing import *
from genomics.settings.core import *
from genomics.settings.database import *
from genomics.settings.logging import *
from genomics.settings.mail import *
from genomics.settings.plans import *
from genomics.settings.queues import *
from genomics.settings.security import *
from genomics.settings.work import *
