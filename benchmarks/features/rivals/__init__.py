"""The same work by other tools, each as well as we can write it.

Every module says with `ready` what is timed: functions, by the name of the variant, that give a part for each cutoff
with a row for each user seen before it. Where there are several variants, the quickest counts.
"""
