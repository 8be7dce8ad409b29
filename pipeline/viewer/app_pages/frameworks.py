"""The observation frameworks: what there is to look for, and a school's own."""

from __future__ import annotations

import streamlit as st

from pipeline.analysis.frameworks import Framework
from pipeline.errors import LessonMirrorError
from pipeline.viewer.markdown import escaped
from pipeline.viewer.state import library, visitor
from pipeline.workspace.frameworks import Frameworks


def show() -> None:
    """The whole screen."""
    found = Frameworks(library(), visitor())
    st.title("What to look for", anchor=False)
    st.write(
        "A framework is a list of things to look for. Beside a note you choose an element of one; on the lesson's page "
        'the notes are gathered under their elements, in the tab "Evidence". Nothing is scored.'
    )
    schools = found.schools()
    for item in found.everything():
        framework(item, removable=item in schools and found.may_manage())
    if found.may_manage():
        bring(found)


def framework(item: Framework, *, removable: bool) -> None:
    """One framework with its elements."""
    with st.expander(escaped(item.name)):
        st.write(escaped(item.about))
        for element in item.elements:
            st.markdown(f"**{escaped(element.name)}.** {escaped(element.look_for)}")
            if element.source:
                st.caption(escaped(element.source))
        if removable and st.button("Remove this framework", key=f"remove-{item.id}"):
            Frameworks(library(), visitor()).remove(item.id)
            st.rerun()


def bring(found: Frameworks) -> None:
    """A school's own framework."""
    st.subheader("Your school's own", anchor=False)
    st.write(
        "A text file in TOML with a name, a line about it, and its elements; the expanders above show what goes where."
    )
    st.code(
        'name = "Our school"\nabout = "What we agreed to look for this year."\n\n[[element]]\nid = "quiet_start"\n'
        'name = "A quiet start"\nlook_for = "Everybody works within two minutes."\n',
        language="toml",
    )
    file = st.file_uploader("Framework (TOML)", type=["toml"], max_upload_size=1)
    if file is not None and st.button("Keep this framework", type="primary"):
        try:
            kept = found.add(file.name, file.getvalue())
        except LessonMirrorError as error:
            st.error(escaped(str(error)))
            return
        st.success(f"{escaped(kept.name)} is here, with {len(kept.elements)} elements.")


show()
