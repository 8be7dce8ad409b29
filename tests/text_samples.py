"""Invented exchanges for tests of text: nobody ever said this."""

CSV = """speaker,role,text
T,teacher,Look at the two jars. Which one holds more water?
Ana,student,The tall one holds more because the water stands higher in it.
T,teacher,"So Ana says that the tall one holds more, as its water stands higher. Why do you think that matters?"
Ben,student,It does not matter if the other one is wider.
T,teacher,Okay. What is three times four?
Ana,student,Twelve.
"""

VTT = """WEBVTT

00:00.000 --> 00:04.000
<v Teacher>Which of the two jars holds more water?

00:06.000 --> 00:11.000
<v Student A>The tall one because its water stands higher.

00:12.000 --> 00:15.000
<v Teacher>Why do you think that matters?

00:16.500 --> 00:19.000
<v Student B>It may be that the other one is wider.
"""
