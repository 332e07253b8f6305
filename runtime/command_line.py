"""The command line of the product, ``nuanliu``. Each family of commands has a module in `runtime.commands`."""

import typer

from runtime.commands import check_config, messages, people, registry, rules, services, stores

__all__ = ["app", "main"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Nuanliu 暖流: operations software for district heating.",
)
for command in (services.demo, services.serve, services.collector, services.alerting, services.dashboard):
    app.command()(command)
app.command("check-config")(check_config.check_config)
app.command("simulate", context_settings=messages.PASS_ON)(messages.simulate)
app.command("replay-messages")(messages.replay_messages)
app.command("decode")(messages.decode)
app.add_typer(registry.app, name="registry")
app.add_typer(rules.app, name="rules")
app.add_typer(people.user_app, name="user")
app.add_typer(people.token_app, name="token")
app.add_typer(stores.store_app, name="store")
app.add_typer(stores.spool_app, name="spool")


def main() -> None:
    """Run the command line."""
    app()
