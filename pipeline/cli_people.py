"""The commands about accounts: ``lessonmirror people ...``. They are for whoever runs the server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli_settings import check_folder, open_library, read_config
from pipeline.errors import UsageError, shown

if TYPE_CHECKING:
    from pipeline.workspace.people import Invited

app = typer.Typer(help="Accounts: who may come in, and in which role.", no_args_is_help=True)

_Login = Annotated[str, typer.Argument(help="The person's log-in, or a name that only one has.")]
_Roles = Annotated[
    list[str], typer.Option("--role", help="teacher, coach or administrator; may be given several times.")
]
_Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@app.command()
def add(
    login: Annotated[str, typer.Argument(help="What the person types to log in: one word or an e-mail address.")],
    role: _Roles,
    name: Annotated[str, typer.Option(help="What others read (default: the log-in).")] = "",
) -> None:
    """Make an account, and print the one-time code by which its owner sets the password."""
    from pipeline.workspace.people import People

    with open_library(read_config()) as library:
        _print_code(People(library).add(login, name or login, role))


@app.command("import")
def import_(
    table: Annotated[Path, typer.Argument(help="A CSV file with the columns login, name and roles.", readable=False)],
    out: Annotated[Path, typer.Option(help="Where the codes are written, one line a person; only you can read it.")],
) -> None:
    """Make many accounts from a table. The roles of one person are separated by spaces."""
    from pipeline.workspace.roster import import_people

    with open_library(read_config()) as library:
        count = import_people(library, table, out)
    typer.echo(f"{count} accounts were made. Their codes stand in {out}; give each to its owner, then delete the file.")


@app.command("list")
def list_() -> None:
    """Who has an account."""
    from pipeline import console
    from pipeline.workspace.people import People

    with open_library(read_config()) as library:
        console.print_people(People(library).everybody())


@app.command()
def reset(login: _Login) -> None:
    """Give a new one-time code to set a password; the person reads at the next log-in that it was given out."""
    from pipeline.workspace.people import People

    with open_library(read_config()) as library:
        people = People(library)
        _print_code(people.invite(people.find(login).id))


@app.command()
def roles(login: _Login, role: _Roles) -> None:
    """Give a person other roles."""
    from pipeline.workspace.people import People

    with open_library(read_config()) as library:
        people = People(library)
        person = people.set_roles(people.find(login).id, role)
    typer.echo(f"{shown(person.name)}: {', '.join(sorted(person.roles))}.")


@app.command()
def disable(login: _Login) -> None:
    """Let a person in no more. What is theirs stays: hand it over, or erase the person."""
    from pipeline.workspace.people import People

    with open_library(read_config()) as library:
        people = People(library)
        person = people.disable(people.find(login).id)
    typer.echo(f"{shown(person.name)} cannot log in any more.")


@app.command()
def enable(login: _Login) -> None:
    """Let a person in again."""
    from pipeline.workspace.people import People

    with open_library(read_config()) as library:
        people = People(library)
        person = people.enable(people.find(login).id)
    typer.echo(f"{shown(person.name)} can log in again.")


@app.command("hand-over")
def hand_over(
    login: _Login, to: Annotated[str, typer.Option("--to", help="Who takes the lessons over: log-in or name.")]
) -> None:
    """Give all lessons of one person to another."""
    from pipeline.workspace.people import People

    with open_library(read_config()) as library:
        people = People(library)
        count = people.hand_over(people.find(login).id, people.find(to).id)
    typer.echo(f"{count} lesson{'s' * (count != 1)} handed over.")


@app.command()
def assign(
    lesson: Annotated[str, typer.Argument(help="The lesson's id, or the beginning of it.")],
    to: Annotated[str, typer.Option("--to", help="Whose lesson it is: log-in or name.")],
) -> None:
    """Say whose a lesson is that belongs to nobody yet."""
    from pipeline.workspace.people import People

    with open_library(read_config()) as library:
        people, row = People(library), library.find_lesson(lesson)
        person = people.find(to)
        people.assign(row.id, person.id)
    typer.echo(f"{shown(row.name)} is now {shown(person.name)}'s.")


@app.command()
def export(login: _Login, out: Annotated[Path, typer.Option(help="The folder to write into.")] = Path()) -> None:
    """Write everything that is kept about a person, and the files of their lessons."""
    from pipeline.workspace.leaving import export_person
    from pipeline.workspace.people import People

    check_folder(out)
    with open_library(read_config()) as library:
        written = export_person(library, People(library).find(login), out)
    typer.echo(f"Written to {written}")


@app.command()
def erase(login: _Login, yes: _Yes = False) -> None:
    """Remove a person with all their lessons for good. Hand the lessons over before, where they shall stay."""
    from pipeline import console
    from pipeline.store.sharing import lessons_of
    from pipeline.workspace.leaving import erase_person
    from pipeline.workspace.people import People

    with open_library(read_config()) as library:
        person = People(library).find(login)
        count = len(library.database.read(lessons_of, person.id))
        typer.echo(f"{shown(person.name)} ({person.login}) goes for good, with {count} lesson{'s' * (count != 1)}.")
        if not yes:
            if not console.is_terminal():
                raise UsageError("Nothing was erased, because nobody can be asked here.", hint="Add --yes to erase.")
            if not typer.confirm("Erase all of this for good?"):
                typer.echo("Nothing was erased.")
                return
        erase_person(library, person)
        typer.echo(f"{shown(person.name)} was erased.")


def _print_code(invited: Invited) -> None:
    person = invited.person
    typer.echo(f"{shown(person.name)}: log-in {shown(person.login)}, {', '.join(sorted(person.roles))}.")
    typer.echo(f"One-time code: {invited.code}")
    typer.echo('It holds for three days and is shown only here. With it they set a password under "Use a code".')
