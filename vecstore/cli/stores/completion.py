"""``vecstore completion``: the script that completes commands and options in a shell."""

import click
from click.shell_completion import get_completion_class

__all__ = ["completion"]

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that completes vecstore commands in SHELL.

    To install it, run the line for your shell once:

    \b
    bash   echo 'eval "$(vecstore completion bash)"' >> ~/.bashrc
    zsh    echo 'eval "$(vecstore completion zsh)"' >> ~/.zshrc
    fish   vecstore completion fish > ~/.config/fish/completions/vecstore.fish
    """
    script = get_completion_class(shell)
    assert script is not None, shell
    root = context.find_root().command
    click.echo(script(root, {}, "vecstore", "_VECSTORE_COMPLETE").source())
