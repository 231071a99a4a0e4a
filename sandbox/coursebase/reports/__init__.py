"""The contents of report exports.

Nothing about columns is documented but the first eight of `learners`
(H:add-report-column), the submission states (H:check-submission) and the fields behind the
udemy reports; the rest is invented to be as awkward as such files are.
"""
