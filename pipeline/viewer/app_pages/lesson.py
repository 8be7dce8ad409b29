"""One lesson: the player with transcript, timeline and notes; below it what was found, and the files."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from pipeline.errors import LessonMirrorError
from pipeline.lesson import Lesson
from pipeline.store.rows import LessonRow, NoteRow
from pipeline.viewer import charts, queries, words
from pipeline.viewer.actions import change_note, try_again
from pipeline.viewer.components import component
from pipeline.viewer.correcting import who_is_it
from pipeline.viewer.dialogs import confirm_deletion, edit_details
from pipeline.viewer.downloads import downloads_html
from pipeline.viewer.lesson_cards import (
    QUESTION_FILTERS,
    advice_cards,
    focus_help,
    headline_cards,
    metric_cards,
    question_moments,
    said_cards,
    wait_moments,
)
from pipeline.viewer.lesson_list import ACTIONS, about, is_busy, progress_words, share_done, standstill, title_of
from pipeline.viewer.markdown import escaped
from pipeline.viewer.note_words import KIND_WORDS
from pipeline.viewer.playable import Media
from pipeline.viewer.player_data import mount_data
from pipeline.viewer.said import (
    HOW_JUDGED,
    SAID_FILTERS,
    UPTAKE,
    WHAT_MOVES_ARE,
    is_judged,
    languages_line,
    said_moments,
    why_not_judged,
)
from pipeline.viewer.sharing import share_dialog, shared_words
from pipeline.viewer.state import workspace
from pipeline.viewer.theme import ink

LIST_PAGE = "app_pages/lessons.py"
REFRESH_S = 2.0
CHART_PX = 820


def show() -> None:
    """The whole screen."""
    try:
        row = queries.lesson(st.query_params.get("id", ""))
    except LessonMirrorError:
        missing()
        return
    lesson = queries.result(row)
    heading(row)
    if row.state in ACTIONS:
        stands_still(row)
    elif is_busy(row):
        st.fragment(progress, run_every=REFRESH_S)(row.id)
    media = queries.media_of(row)
    player(row, lesson, media)
    if media.kind == "none":
        st.fragment(making_ready, run_every=REFRESH_S)(row.id)
    if lesson:
        findings(row, lesson)
    else:
        files(row, lesson)


def missing() -> None:
    """For an address that leads nowhere."""
    st.title("This lesson is not here")
    st.write("It may have been deleted, or the address is incomplete.")
    st.page_link(LIST_PAGE, label="All lessons")


def heading(row: LessonRow) -> None:
    """Title, what is known about the lesson, and the way back."""
    st.set_page_config(page_title=f"{title_of(row)} · Lesson Mirror")
    st.page_link(LIST_PAGE, label="← All lessons")
    st.title(escaped(title_of(row)), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="facts"):
        st.caption(escaped(f"{about(row)} · {words.written_duration(row.duration_s)}"), width="content")
        if words_for_it := shared_words(row):
            st.caption(words_for_it, width="content")
        if workspace().is_owner(row):
            if st.button("Edit details", type="tertiary"):
                edit_details(row)
            if not workspace().visitor.is_alone and st.button("Share", type="tertiary"):
                share_dialog(row)


def stands_still(row: LessonRow) -> None:
    """Why there is no result, and the way to one."""
    st.warning(escaped(standstill(row)))
    if st.button(ACTIONS[row.state], type="primary"):
        try_again(row.id)
        st.rerun()


def progress(lesson_id: str) -> None:
    """How far the analysis is; the whole page comes anew once it is done."""
    row = queries.lesson(lesson_id)
    if not is_busy(row):
        st.rerun()
    job = queries.job(lesson_id)
    st.progress(share_done(job), progress_words(row, job))


def making_ready(lesson_id: str) -> None:
    """For as long as the browser cannot play the recording yet; then the whole page comes anew."""
    if queries.media_of(queries.lesson(lesson_id)).kind != "none":
        st.rerun()
    job = queries.job(lesson_id, "proxy")
    if job and job.state in ("waiting", "running"):
        st.progress(job.share_done, "Making the recording ready for the browser …")


@st.fragment
def player(row: LessonRow, lesson: Lesson | None, media: Media) -> None:
    """Video, transcript, timeline and notes. While it plays, nothing here runs; a note runs this part alone."""
    # Another recording to play, or a transcript that was not there before, is another player.
    key = f"player-{row.id}-{media.kind}-{lesson is not None}"
    answer_key = f"note-answer-{row.id}"

    def note_changed() -> None:
        request = st.session_state[key].get("note")
        if request:
            st.session_state[answer_key] = change_note(row.id, request)

    data = mount_data(row, media, analysed=lesson is not None, start=st.query_params.get("t"))
    data["notes"] = queries.notes(row.id)
    data["show_notes"] = bool(st.query_params.get("notes"))
    data["frameworks"] = queries.frameworks()
    data["person_id"] = workspace().visitor.id
    data["settles"] = workspace().is_owner(row)
    data["alone"] = workspace().visitor.is_alone
    data["answer"] = st.session_state.get(answer_key)
    component("player")(key=key, data=data, on_note_change=note_changed)


def findings(row: LessonRow, lesson: Lesson) -> None:
    """What the analysis found, from the few things that matter tonight to everything there is.

    All tabs come at once: going from one to the other asks no server, and nothing moves under the pointer.
    """
    for notice in lesson.notices:
        st.info(escaped(notice))
    screens = {
        "At a glance": partial(at_a_glance, lesson),
        "Who talked": partial(who_talked, row, lesson),
        "Questions": partial(questions_asked, lesson),
        "What was said": partial(what_was_said, lesson),
        "Waiting": partial(pauses, lesson),
        "All numbers": partial(all_numbers, lesson),
        "Evidence": partial(evidence, row),
        "Files and details": partial(files, row, lesson),
    }
    for tab, screen in zip(st.tabs(list(screens)), screens.values(), strict=True):
        with tab:
            screen()


def at_a_glance(lesson: Lesson) -> None:
    """One picture, four numbers, a few things worth a thought."""
    talk_bar(lesson, key="glance")
    cards("Main numbers", headline_cards(lesson), key="headlines")
    if lesson.advice:
        st.subheader("Worth a second listen", anchor=False)
        cards("Suggestions", advice_cards(lesson), key="advice", wide=True)
        st.caption("These are prompts, not verdicts. You were in the room; the program was not.")


def who_talked(row: LessonRow, lesson: Lesson) -> None:
    """Talk by role and by voice."""
    st.subheader("How the talk was shared", anchor=False)
    talk_bar(lesson, key="talk")
    if spoken := languages_line(lesson):
        st.write(spoken)
    table = charts.voices_table(lesson)
    if len(table) > 1:
        st.subheader("Voice by voice", anchor=False)
        chart(charts.voices_chart(table, ink()), "Time of each voice, as in the table", key="voices")
        behind(table[["Voice", "Who", "Time"]])
        st.caption("The program tells voices apart, not whose they are. It may mix up soft or short ones.")
    who_is_it(row, lesson)
    cards("Talk", metric_cards(lesson, words.of_group(lesson.metrics, "talk")), key="talk-numbers")


def questions_asked(lesson: Lesson) -> None:
    """Questions by kind, what came of them, and each of them to play."""
    table = charts.questions_table(lesson)
    if len(table):
        st.subheader("The teacher's questions by kind", anchor=False)
        chart(charts.questions_chart(table, ink()), "Questions of each kind, as in the table", key="questions")
        behind(table)
    cards("Questions", metric_cards(lesson, words.of_group(lesson.metrics, "questions")), key="question-numbers")
    asked = question_moments(lesson)
    if asked:
        st.subheader("Every question", anchor=False, help=focus_help(lesson))
        moments("Questions", list(QUESTION_FILTERS), asked, key="question-moments")
    else:
        st.write("No questions were found in this recording.")


def what_was_said(lesson: Lesson) -> None:
    """Talk moves, ideas taken up, praise: how often, and each of them to play."""
    if not is_judged(lesson):
        st.write(escaped(why_not_judged(lesson)))
        cards("What was said", said_cards(lesson), key="said-numbers")
        return
    st.subheader("Talk moves", anchor=False, help=WHAT_MOVES_ARE)
    table = charts.moves_table(lesson)
    chart(charts.moves_chart(table, ink()), "How often each talk move was made, as in the table", key="moves")
    behind(table)
    st.caption(HOW_JUDGED)
    cards("What was said", said_cards(lesson), key="said-numbers")
    said = said_moments(lesson)
    if said:
        st.subheader("Moments to hear", anchor=False)
        moments("What was said", list(SAID_FILTERS), said, key="said-moments", by_strength=UPTAKE)


def pauses(lesson: Lesson) -> None:
    """How long it was quiet after a question and after an answer."""
    table = charts.waits_table(lesson)
    if not len(table):
        st.write("No pauses after questions or answers were found in this recording.")
        return
    st.subheader("Pauses after a question, and after a student spoke", anchor=False)
    chart(charts.waits_chart(table, ink()), "Length of each pause, as in the table", key="waits")
    st.caption(
        "Each mark is one pause: a circle where a student spoke next, a square where the teacher did. The bar is the "
        "middle pause: after a question, of those that a student ended."
    )
    behind(table[["Pause", "Length", "Then spoke"]])
    cards("Waiting", metric_cards(lesson, words.of_group(lesson.metrics, "waiting")), key="wait-numbers")
    st.subheader("Every pause", anchor=False)
    moments("Pauses", list(words.PAUSE_WORDS.items()), wait_moments(lesson), key="wait-moments")


def evidence(row: LessonRow) -> None:
    """What notes say under each element of a framework."""
    found = queries.evidence(row.id)
    if not found:
        st.write("Nothing yet. Write a note beside the player and choose what it is about; it is gathered here.")
        st.page_link("app_pages/frameworks.py", label="What there is to look for")
        return
    kinds = list(KIND_WORDS.items())
    for item in found:
        st.subheader(escaped(item.element.name), anchor=False)
        st.caption(f"{escaped(item.framework.name)}. {escaped(item.element.look_for)}")
        moments(
            "Notes",
            kinds,
            [note_moment(note) for note in item.notes],
            key=f"evidence-{item.framework.id}-{item.element.id}",
        )


def note_moment(note: NoteRow) -> dict[str, Any]:
    """A note as a moment to play."""
    text = f"{note.author}: {note.text}" if note.author else note.text
    return {"start_s": note.at_s, "text": text, "kind": note.kind}


def all_numbers(lesson: Lesson) -> None:
    """Every metric that found something to measure, and what it means."""
    import pandas as pd

    rows = [
        (words.metric_words(item.name).label, words.written_with_range(item), words.metric_words(item.name).meaning)
        for group in words.GROUPS
        for item in words.of_group(lesson.metrics, group)
    ]
    st.table(pd.DataFrame(rows, columns=["Number", "Value", "What it means"]).set_index("Number"))
    said = {words.range_meaning(item) for item in lesson.metrics}
    if words.RANGE_MEANING in said:
        st.caption(f"In brackets: the range. {words.RANGE_MEANING}")
    if words.SPREAD_MEANING in said:
        st.caption(f"Middle half: {words.SPREAD_MEANING[0].lower()}{words.SPREAD_MEANING[1:]}")


def files(row: LessonRow, lesson: Lesson | None) -> None:
    """What can be taken along, how the result came about, and the way to delete it all."""
    if lesson:
        st.subheader("Take it along", anchor=False)
        st.html(downloads_html(row.id))
        with st.expander("How this result came about"):
            st.table(queries.provenance(lesson))
    if not workspace().is_owner(row):
        return
    st.subheader("Delete", anchor=False)
    st.write("Removes the recording, everything that was made from it, and all notes.")
    if st.button("Delete this lesson …"):
        confirm_deletion(row)


def talk_bar(lesson: Lesson, *, key: str) -> None:
    """The bar of who talked, with its table."""
    table = charts.talk_table(lesson)
    if not len(table):
        st.write("Nobody was heard in this recording.")
        return
    chart(charts.talk_chart(table, ink()), f"Share of the talk: {charts.talk_words(table)}", key=f"{key}-bar")
    behind(table[["Who", "Time", "Share"]])


def chart(drawing: Any, words_for_it: str, *, key: str) -> None:
    """A chart no wider than it can be read, in room of its own: what stands below it must not move once it is drawn."""
    room = f"{key}-room"
    with st.container(width=CHART_PX, key=room):
        st.html(f"<style>.st-key-{room} {{ min-height: {drawing.height}px }}</style>")
        st.altair_chart(drawing, key=key, alt=words_for_it)


def behind(table: Any) -> None:
    """The table behind a chart."""
    with st.expander("As a table"):
        st.table(table.set_index(table.columns[0]))


def cards(label: str, content: list[dict[str, Any]], *, key: str, wide: bool = False) -> None:
    """Cards of numbers or advice."""
    if content:
        component("cards")(key=key, data={"label": label, "cards": content, "wide": wide})


def moments(
    label: str, kinds: list[tuple[Any, str]], content: list[dict[str, Any]], *, key: str, by_strength: str = ""
) -> None:
    """A list of moments to play; those of the kind ``by_strength`` come with the strongest first, where it is chosen."""
    data = {"label": label, "kinds": kinds, "moments": content, "by_strength": by_strength}
    component("moments")(key=key, data=data)


show()
