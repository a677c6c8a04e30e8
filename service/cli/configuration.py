"""The configuration of a command, and its log."""

import os
import sys

import structlog

from service.cli.exit_codes import DEBUG
from service.monitoring import log
from service.runtime.configuration import Configuration, configure

logger = structlog.get_logger()


def load_configuration(*, logs_progress: bool = False) -> Configuration:
    """Return the configuration and set up the log. Raise ConfigurationError.

    A command that prints its result logs warnings only, unless the operator set a level.
    """
    configuration = configure(os.environ)
    settings = configuration.settings.log
    level = settings.level if logs_progress or "level" in settings.model_fields_set else "warning"
    log.configure(settings.format, level, tracebacks=DEBUG in sys.argv)
    if logs_progress:
        for sentence in configuration.settings.unused:
            logger.warning("setting has no effect", reason=sentence)
    return configuration
