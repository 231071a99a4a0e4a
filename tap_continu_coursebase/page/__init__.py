"""One HTML page of what a warehouse's models answer, readable without a network or a script.

``read.py`` asks, and ``answers.py`` is what comes. ``learning.py`` (with ``assignments.py``,
``learners.py`` and ``content.py``) and ``loading.py`` say what it means, in terms of ``parts.py``;
``formats.py``, ``layout.py`` and ``charts.py`` know how numbers are written and drawn, and
``render.py`` makes the page of it. Only ``command.py`` writes.
"""
