"""The script that teaches a shell to complete vecstore's commands and options."""

import click
from click.shell_completion import get_completion_class

__all__ = ["completion"]

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script for SHELL.

    \b
    bash   echo 'eval "$(vecstore completion bash)"' >> ~/.bashrc
    zsh    echo 'eval "$(vecstore completion zsh)"' >> ~/.zshrc
    fish   vecstore completion fish > ~/.config/fish/completions/vecstore.fish
    """
    script = get_completion_class(shell)
    assert script is not None, shell
    root = context.find_root().command
    click.echo(script(root, {}, "vecstore", "_VECSTORE_COMPLETE").source())
