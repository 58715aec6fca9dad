"""The vocabulary of checks: pure functions from evidence to a `CheckResult`. No words, no files, no clock.

`CHECKS` is the registry; `run_checks` applies a question's checks. A check answers with a `code` and `facts`, and
`report.wording` has the words. All the codes there are (facts in braces; "names" are at most ten, "count" is of all):

Of every check
    ok                  {…}                                   see the check for its facts
    not_finished        {exit, problem}                       the question didn't finish: code of `Exit`, of `Problem`
    not_recorded        {record, names}                       no such record, or these arrays of it are missing
    wrong_record        {record, kind, expected}              it is a record of another kind than the probe makes
    unusable            {record, wanted, type, message}       what the student's code gave can't be recorded as `wanted`
    needs               {needs}                               SKIPPED: these checks of the question did not pass
    check_error         {check, error}                        ERROR: the check itself raised
    unknown_check       {check}                               ERROR: no check of that name
    no_reference        {record}                              ERROR: the reference left no such evidence
    bad_reference       {record, reason}                      ERROR: the reference's evidence can't be compared with
    not_kept            {name}                                ERROR: `data.py` kept nothing of that name

same_shape, close       ok {arrays, greatest, allowed}        close only: the greatest difference found and allowed
    extra_arrays        {names, count}                        more arrays of that name than the reference has
    shape_differs       {name, expected, actual}              shapes as lists (also in `expected` and `actual`)
    kind_differs        {name, expected, actual}              "floats", "integers" or "booleans", and of what dtype
    empty               {name}                                an array without elements
    not_finite          {name, count, of}                     NaN or infinity in so many of so many elements
    values_differ       {name, count, of, greatest, allowed, looks, factor}
                                                              `looks`: null, "constant", "probabilities",
                                                              "log_probabilities", "scaled" (by `factor`), "reordered"

cases                   ok {right, of, needed}
equal                   ok {}
    not_a_list          {actual}                              cases only; `actual` is a type's name
    count_differs       {expected, actual}                    cases only: number of answers
    cases_differ        {right, of, needed, wrong, case, reasons, reason, …}
                                                              `wrong`: numbers of the cases, from 1, at most twenty;
                                                              `reasons`: reason -> how many; of the first wrong `case`:
                                                              its `reason` and the facts of that reason
    answer_differs      {reason, …}                           equal; `expected` and `actual` hold both
        reason "value"          {actual}
        reason "spelling"       {actual}                      only letter case, spaces or punctuation differ
        reason "type"           {actual, expected_type, actual_type}
        reason "boolean"        {actual, expected_type}       True or False where a number belongs
        reason "integral_float" {actual}                      5130.0 where 5130 belongs
        reason "not_finite"     {actual}                      NaN or infinity
        reason "unreadable"     {actual_type}                 an object that isn't data
        reason "length"         {expected_length, actual_length}
        reason "keys"           {missing, extra}
        reason "nothing"        {expected_type}               None: a forgotten return, as a rule

parameters              ok {count}                            `count`: "trainable" or "total"; how many in `actual`
    parameters_differ   {count, expected, actual, total, everything, nothing, names, extra, extra_tensors, lacking,
                         lacking_tensors}                     `extra`, `lacking`: parameters beyond and short of the
                                                              reference; `names`: of the tensors beyond;
                                                              `everything`, `nothing`: is trainable
    inconsistent        {name}                                a tensor said to be the same as one that isn't like it

pretrained              ok {matched, of}                      notes: counters_moved {count}
    other_weights       {matched, of, names, count}           hardly a tensor is the checkpoint's
    weights_differ      {matched, of, names, count}           some are not; names are the reference's
    statistics_moved    {matched, of, names, count}           all weights are, running statistics are not

proportional            ok {factor, tensors, cases}
    tensors_differ      {case, missing, extra}                names of tensors; case counts from 1
    grouped_twice       {case, names, count}                  tensors in more than one place of the optimiser's groups
    step_shape          {case, name, expected, actual}
    not_finite          {name, case, count, of}
    nothing_moved       {case}
    not_moved           {case, names, count, of}              tensors that a step of the reference moves
    moved_too           {case, names, count}                  tensors that must stay where they are
    wrong_way           {case, names, count}                  moved against the direction
    ratio_differs       {case, part, against, expected, actual}
                                                              `part` moved `actual` times as far as `against`
    uneven              {case, name, part, times}             moved `times` as far as its part's other tensors
    factor_differs      {cases, expected, actual}             right within each case, not from case to case

moved                   ok {stages, names, count}             notes: buffers_moved {names, count, batch_norm}
    stages_differ       {expected, actual}                    how many epochs were reported by `on_epoch`
    other_model         {missing, extra}                      names of tensors that the model should have, hasn't
    nothing_moved       {stage, epoch}                        `stage`: "start", "epoch" or "end"
    moved_too           {stage, epoch, names, count, all}
    not_moved           {stage, epoch, names, count}
    buffers_moved       {names, count, batch_norm}            only with buffers = "fail"

fresh_gradients         ok {fresh, needed, steps}             `steps` that were seen; 0: none was, fresh is 1
    stale_gradients     {fresh, needed, steps}
    shape_differs, not_finite                                 as for `close`

learned                 ok {accuracy, needed, start_accuracy, loss, start_loss, images, stages, output}
                                                              `stages`: [{label, epoch, accuracy, loss}]
    too_inaccurate      the same facts
    loss_rose           the same facts                        accurate enough, but the loss didn't fall
sooner                  ok {epochs, than_epochs, needed, than}      `than_epochs` null: it never got there
    never_reached       {best, needed, epochs}                within so many epochs
    not_sooner          {epochs, than_epochs, needed, than}
    not_trained         {record}                              the one to compare with was never trained
agrees                  ok {quantity, reported, low, high}    lists, one item an epoch; or one item in all
    disagrees           {quantity, epoch, reported, low, high, count, of}
                                                              `epoch` from 1, null where one number was reported
learned, sooner, agrees
                        of all three, with `near`             notes: near_the_line {runs, passed}
                        where no further run was made         notes: near_once {runs, passed}
    not_predicted       {record, stage, epoch}                the second run couldn't use the weights of that stage
    prediction_limit    {record, stage, epoch, limit}         the second run met a limit, twice: a person looks
    weights_omitted     {record, stage, epoch, names, count}  changed tensors that were too many to leave
    output_shape        {record, expected, actual}
    not_finite          {name, count, of}
    stages_differ, other_model                                as for `moved`
curve, agrees
    not_a_list          {actual}
    length_differs      {expected, actual}
    not_a_number        {position, actual}                    `position` from 1; a type's name
    number_not_finite   {position}
curve                   ok {length, first, last}
    out_of_range        {position, value, low, high}          low, high: null where there is no bound
    keys_differ         {position, missing, extra}            a list of tables

choice, choices, number, shape, match      ok {}          each with the right answer as its `solution`
    not_answered        {}
    not_understood      {actual, wanted, line}                `wanted`: the name of the check; `line`: of answers.toml
    no_option           {actual, line}                        choice only: it is none of the options
    wrong_answer        {actual, right, of}                   right, of: pairs of `match`, options of `choices`, or null
text                    ok {right, of, found, hint}           `found`: what the author calls a concept -> the student's
                                                              own words; notes: words_outside {words, least, most}
    not_answered, not_understood                              as for the others
    concepts_missing    {right, of, found, hint}              `hint`: the author's, at the first that is missing
    copied_question     {right, of, found, hint}              next to nothing in it isn't the question's own words
    explanation_in_doubt {right, of, found, hint, doubt, language, said}
                                                              ERROR: `doubt`: "too_long", "too_short", "other_language",
                                                              "no_sentence", "misconception", "contradiction",
                                                              "near_miss" or "nothing_found"; `said`: where
    no_concepts         {}                                    ERROR: the author has none for it: a person reads it
printed                 ok {}
    nothing_printed     {expected}                            how many lines
    text_differs        {line, expected, actual}              line from 1; null where there is none
source                  ok {}
    not_parsed          {line, error}
    forbidden           {name, line, count}
    required            {names}
test                    ok {told}                             told: the author's words, where there are any
    test_failed         {line, message, told}                 line of the test, from 1, or null
    test_shows          {expected, actual, told}              what its expressions showed
by_hand
    by_hand             {}                                    ERROR: a person marks it
python                  author {message}                      passed or failed, in the author's own words
    no_function         {function}                            ERROR: checks.py hasn't it
pytest                  ok {right, of}
    tests_failed        {right, of, title, told}              the first that failed: its title, the author's words
"""

from collections.abc import Callable, Mapping
from typing import Any

from grader.checks.answers import cases, equal
from grader.checks.arrays import close, same_shape
from grader.checks.cell_tests import by_hand, cell_test
from grader.checks.explanations import explanation
from grader.checks.gradients import fresh_gradients
from grader.checks.models import moved, parameters, pretrained
from grader.checks.quiz import choice, choices, match, number, shape
from grader.checks.result import CheckNote, CheckResult, Kept, Verdict, failed, passed
from grader.checks.run import Check, Marking
from grader.checks.source import source
from grader.checks.steps import proportional
from grader.checks.text import printed
from grader.checks.training import agrees, curve, learned, sooner
from grader.evidence.model import QuestionEvidence
from grader.spec.model import Question, Standing

__all__ = ["CHECKS", "Check", "CheckNote", "CheckResult", "Kept", "Verdict", "failed", "passed", "run_checks"]

CHECKS: Mapping[str, Check] = {
    "same_shape": Check(same_shape, Standing.CLAIM),
    "close": Check(close, Standing.FACT),
    "cases": Check(cases, Standing.FACT),
    "equal": Check(equal, Standing.CLAIM),
    "parameters": Check(parameters, Standing.CLAIM),
    "pretrained": Check(pretrained, Standing.CLAIM),
    "proportional": Check(proportional, Standing.FACT),
    "moved": Check(moved, Standing.CLAIM),
    "fresh_gradients": Check(fresh_gradients, Standing.CLAIM),
    "learned": Check(learned, Standing.FACT),
    "sooner": Check(sooner, Standing.FACT),
    "agrees": Check(agrees, Standing.FACT),
    "curve": Check(curve, Standing.CLAIM),
    "printed": Check(printed, Standing.CLAIM),
    "source": Check(source, Standing.ADVICE),
    "test": Check(cell_test, Standing.CLAIM),
    "by_hand": Check(by_hand, Standing.FACT),
    "python": Check(None, None),
    "pytest": Check(None, None),
    "choice": Check(choice, Standing.FACT),
    "choices": Check(choices, Standing.FACT),
    "number": Check(number, Standing.FACT),
    "shape": Check(shape, Standing.FACT),
    "match": Check(match, Standing.FACT),
    "text": Check(explanation, Standing.FACT),
}


def run_checks(
    question: Question,
    student: QuestionEvidence,
    reference: QuestionEvidence | None,
    kept: Kept,
    *,
    authors: Mapping[str, Callable[..., Any]] = {},
) -> dict[str, CheckResult]:
    """The results of a question's checks, by id, in the specification's order.

    `reference` is the reference's evidence for the same draw; without it, or where it didn't finish, every check is an
    error. `authors` are the functions of the assignment's checks.py, by name.
    """
    marking = Marking(
        question=question, student=student, reference=reference, kept=kept, authors=authors, checks=CHECKS
    )
    return marking.mark()
