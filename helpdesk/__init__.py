"""The helpdesk. `create_app` reads as a table of contents."""

from flask import Flask

from config import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """The application, bound to `settings` (default: read from the environment)."""
    from helpdesk import binding
    from helpdesk.application import Application

    settings = settings or Settings.from_environment()
    app = Application("helpdesk", template_folder=binding.TEMPLATES, static_folder=None)
    binding.configure(app, settings)
    binding.bind_extensions(app, settings)
    binding.register_views(app)
    binding.guard_requests(app)
    binding.serve_static_files(app)
    return app
