"""What can be wrong with a plugin."""

from hub.errors import HubError, Recovery


class PluginImportError(HubError):
    """The import raised, or tried to end the process."""

    code = "PLUGIN-001"
    summary = "The plugin cannot be imported"
    remedy = "Install what it needs, or update or remove it"
    recovery = Recovery.STOP


class PluginVersionError(HubError):
    """``HUB_API`` is malformed, or does not hold the hub's version."""

    code = "PLUGIN-002"
    summary = "The plugin was written for another version of the plugin interface"
    remedy = "Install a version of the plugin that fits this hub"
    recovery = Recovery.STOP


class PluginHookError(HubError):
    """A hook that the hub does not have, or one with other arguments."""

    code = "PLUGIN-003"
    summary = "The plugin implements a hook that the hub does not have"
    remedy = "Correct the name and the arguments of the hook"
    recovery = Recovery.STOP


class PluginRaisedError(HubError):
    """A hook raised, or the iterable that it returned did."""

    code = "PLUGIN-004"
    summary = "A hook of the plugin raised an exception"
    remedy = "Update or remove the plugin, and tell its author"
    recovery = Recovery.STOP


class PluginResultError(HubError):
    """A hook returned something else than an iterable of well-formed specs."""

    code = "PLUGIN-005"
    summary = "A hook of the plugin returned something that it must not"
    remedy = "Update or remove the plugin, and tell its author"
    recovery = Recovery.STOP


class PluginDuplicateError(HubError):
    """Two plugins declare the same kind; the first by name keeps it."""

    code = "PLUGIN-006"
    summary = "The plugin declares what another plugin already provides"
    remedy = "Remove one of the two, or choose with HUB_LOAD_PLUGINS"
    recovery = Recovery.STOP


class PluginMissingError(HubError):
    """``HUB_LOAD_PLUGINS`` names a distribution without a plugin."""

    code = "PLUGIN-007"
    summary = "HUB_LOAD_PLUGINS names a distribution that provides no plugin"
    remedy = "Correct the name, or install the distribution"
    recovery = Recovery.STOP
