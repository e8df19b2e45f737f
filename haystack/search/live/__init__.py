"""Engine ``ssh``: logs are searched on the nodes they lie on, and only what is looked at travels.

One shell for each node (``session``, what runs there is ``script``) answers few kinds of questions: lines that hold
literals, bytes of files, line ends up to there. ``pieces`` keeps what came of a file and reads more where lines are
asked for, ``window`` finds the bytes of a window, ``engine`` does with them what ``files`` does.
"""
