"""What `grade new --kind quiz` writes: a choice, several choices, a number and a shape, answered in answers.toml."""

__all__ = ["FILES"]

ASSIGNMENT = """\
# What is asked, and what it is worth. Read strictly: a typing error is told with what would be right.
# Every key is in docs/assignment-format.md. The right answers are in reference/SLUG/solution/answers.toml.

title = "What a layer has"    # what students read
attempts = 3                  # how often a student may hand in; left out: no limit

[[questions]]
id = "bias"                   # its name: in answers.toml the answer stands behind it
title = "A bias"
kind = "choice"               # one of the options is right
points = 1
prompt = "What does the bias of a linear layer do?"
options = [
  "It is added to each output, whatever the input is.",
  "It scales each output by a factor of its own.",
  "It keeps the weights from growing during training.",
]
hint = "What does the layer give for an input of zeros?"

[[questions]]
id = "trainable"
title = "What is learned"
kind = "choices"              # all that are right, and no other
points = 1
prompt = "Which of these does an optimizer change?"
options = ["The weights of a linear layer", "The batch size", "The bias of a convolution", "The number of layers"]
hint = "Which of them are numbers that a gradient is computed for?"

[[questions]]
id = "parameters"
title = "How many numbers"
kind = "number"               # tolerance = 0.01 would take what is near
points = 2
prompt = "A linear layer takes 20 numbers and gives 7, with a bias. How many numbers does training change?"
unit = "parameters"
hint = "A weight for each pair of an input and an output, and a bias for each output."

[[questions]]
id = "outputs"
title = "A shape"
kind = "shape"
points = 1
prompt = "What shape does that layer's output have for a batch of 32?"
hint = "The batch comes first."
"""

KEY = """\
bias = "It is added to each output, whatever the input is."
trainable = ["The weights of a linear layer", "The bias of a convolution"]
parameters = 147
outputs = [32, 7]
"""

SHEET = """\
# Write each answer behind its equals sign, and take the # away. Keep the names.
#
# bias = ""          # the option's text
# trainable = []     # the texts of all options that are right
# parameters = 0
# outputs = []       # for (3, 4) write [3, 4]
"""

FILES = {
    "assignments/SLUG/assignment.toml": ASSIGNMENT,
    "assignments/SLUG/handout/answers.toml": SHEET,
    "reference/SLUG/solution/answers.toml": KEY,
    "reference/SLUG/mutants/bias_forgotten/answers.toml": KEY.replace("147", "140"),
    "reference/SLUG/mutants/bias_forgotten/mutant.toml": """\
mistake = "The layer is counted without its bias."   # for you; never shown, never released
fails = ["parameters.answer"]                        # what must fail it: exactly this
hint = "Every output has a bias, too."               # for a student who makes this mistake
""",
    "reference/SLUG/mutants/batch_last/answers.toml": KEY.replace("[32, 7]", "[7, 32]"),
    "reference/SLUG/mutants/batch_last/mutant.toml": """\
mistake = "The batch comes last in the shape."
fails = ["outputs.answer"]
hint = "The first number says how many examples there are."
""",
    "reference/SLUG/variants/other_order/answers.toml": "\n".join(reversed(KEY.splitlines())) + "\n",
}
"""The files by path. SLUG stands for the assignment's name."""
