"""Answers as variables."""

terms = dict(
    [
        ('pre-trained model', 'a network whose weights were learned on an earlier task'),
        ('transfer learning', 'using what was learned on one task for a related one'),
        ('training from scratch', 'learning every weight anew, beginning with random ones'),
    ]
)
reasons = {
    'How is time saved?': (
        'The weights hold useful features already, so fewer updates and fewer images are needed.'
    ),
    'Why is it slower from scratch?': (
        'Every feature has to be found in the raw data first.'
    ),
    'When is it worth it?': (
        'With 500 photographs of two kinds of animals and one afternoon.'
    ),
}
