"""The exact layout of every text that the server writes, so that tests find any line that imitates or leaves it."""

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, cast

from writer_jobs_mcp.failures.classify.categories import ADVICE

_DEFAULT_IGNORABLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U000e0000-\U000e0fff]"
)
_LOOKALIKE_QUOTES = re.compile(
    "[\u201c-\u201f\uff02\u05f4\u2033\u301d-\u301f\u275d\u275e\u02dd\u02ba\U0001f676-\U0001f678]"
)


def unsafe_characters(text: str) -> list[str]:
    """Return characters that are invisible, move the cursor or reverse the text."""
    return [
        character
        for character in set(text)
        if (unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} and character not in "\n\t")
        or _DEFAULT_IGNORABLE.match(character)
    ]


QUOTED = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_ID = r'(?:""|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|\d{1,40})'
_STATE = r'(?:""|completed|failed|in_progress|queued|deployed|draft|generation|other)'
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
_SEEN = r"[\d-]{5,10} \d\d:\d\d:\d\d"
_N = r"[\d,]+"
_VALUE = r'(?:""|\[""(?:, "")*\]|\d+|true|false)'
_UNREADABLE = rf'(?: {_N} more could not be read \(""\)\.)?'
_DURATION = r"(?:[\d,.]+ (?:s|min|h|d)|\d+ min \d+ s)"
_LARGEST = rf"(?:[a-z ]+, {_N} jobs?)"
_GROUPS = rf"the largest group: {_LARGEST}"
_VALUES = rf'(?: (?:""|<(?:id|number|…)>(?: \(\w+\))?): "" {_N}(?:, "" {_N})*(?: \(of {_N} values\))?)*'
_GAPS = r"End of list, but it is NOT complete:"
_EARLIER_RUN = rf"(?: An earlier run ended {_TIME}(?:, and the error text is probably from that run)?\.)?"
_SO_FAR = (
    rf"(?:it has (?:run|been queued) for {_DURATION}|it was created {_DURATION} ago and last updated {_DURATION} ago"
    r" \(a retried job keeps its first created_at\))"
)
_CAUSE = r"(?:unknown cause|[a-z_]+)"
_CAUSES = rf'"" \((?:{_CAUSE}|\d+ {_CAUSE}(?:, \d+ (?:other|{_CAUSE}))+)\)'
_TOOLS = "get_job_error|retry_jobs|list_application_jobs|triage_application_jobs|wait_for_jobs"
_SUBJECT = r'(?:the list of applications|(?:application|job) "")'
_ADVICE = "|".join(re.escape(each) for each in set(ADVICE.values()))
_CANDIDATES = r'"" \(""\)(?:, "" \(""\))*(?: and \d+ more)?'
_SENTENCE = (
    rf"Writer rejected the request about {_SUBJECT} \(4\d\d [A-Z][A-Za-z ]+\)"
    r'(?:: ""| and gave no reason)\.'
    r" (?:Correct the arguments and call again"
    r"|Ask the user to check the plan and the credit of the organization in Writer"
    r"|Its state has probably changed meanwhile: read it again before you decide)\."
    r"(?: It could not be looked up by name: Writer would not list the applications\.)?"
    rf"|Writer does not know {_SUBJECT}, or this key cannot see it \(404\)\. Check the id\."
    r'|Writer does not know application "": none of the \d+ applications \(no-code agents\) that'
    rf" (?:this key can see has this id or name|could be read has this id or name \(others could not be read\))\."
    rf"(?: Similar names: {_CANDIDATES}\.)?"
    r" list_applications shows ids and names\."
    rf'|\d+ applications \(no-code agents\) are called "": {_CANDIDATES}\.'
    r" Pass the id of the right one; list_applications shows them all\."
    r'|"" is the id of a job, not of an application \(no-code agent\); its application is ""\.'
    r' Pass that one, or call get_job_error with job_id=""\.'
    r'|Writer does not know job "", and it is not among the \d+ jobs of application ""\. Check both ids;'
    r" list_application_jobs shows the jobs\."
    r"|The user did not agree; nothing was sent\."
    rf"|Cause: [a-z_]+\. Retrying will likely fail again until it is fixed(?:, as above\.|: (?:{_ADVICE}))"
    r'|This retry runs as job ""\.'
    r'|Writer returned job "" for this id\.'
    r'|"" cannot be an id in Writer, so nothing was requested\. Check the id\.'
    r"|This server cannot use that id in a request, so nothing was sent\. Report it\."
    rf"|A retry was attempted at {_TIME}: whether the job was started is not known\."
    rf'|A retry was attempted at {_TIME}: Writer accepted it(?:, and it runs as job "")?\.'
    r"|This is not the failure that the user was asked about: the job changed meanwhile, so nothing was sent\."
    r" Call again to ask about it\."
    rf"|It is not sent again before {_TIME}(?:\.|: look at the job \(get_job_error, wait_for_job\)\.)"
    r"|It is no longer among the failed jobs; nothing was sent\.|It has failed again since\."
    r'|This is the same job as "" in this call(?:; it (?:was|would be) sent once)?\.'
)
_RETRIED = rf'{_N} (?:jobs?|selected failed jobs? of application {_ID}(?: "")?)'
_WAIT = (
    r"(?:The time is up: \d+ jobs? (?:(?:is|are) still running|not seen to finish)\."
    r"|Every job that was running has finished(?:; none failed)?\."
    r"|Only jobs that are likely stuck are left\.|All running jobs are likely stuck\.|No running job could be read\.)"
    rf"(?: How {_N} jobs? ended could not be read:"
    r' (?:Writer returned another job for its id|"" cannot be an id in Writer, so nothing was requested\. Check the id'
    r'|Writer does not know job "", or this key cannot see it \(404\))\.)?'
    rf"(?: {_N} jobs? ha(?:s|ve) run for longer than {_DURATION} and (?:is|are) likely stuck, so not waited for:"
    r" look in Writer \(AI Studio\)\.)?(?: Jobs that started since are not waited for\.)?"
    rf"(?: Not all running jobs could be read, so there may be others: {_N} of their rows were unreadable\.)?"
)
LAYOUT = re.compile(
    "|".join(
        rf"(?:{line})"
        for line in (
            # The list of applications.
            rf'{_N} applications?\. (?:More follow(?:: after="")?\.|End of list\.|{_GAPS}){_UNREADABLE}',
            r"Id(?:, name \(its owner's words, quoted\))?(?:, type)?(?:, status)?(?:, last update)?:",
            rf'{_ID}(?: "")?(?: {_STATE})?(?: {_STATE})?(?: updated {_TIME})?',
            # A list of jobs.
            rf'Jobs of application {_ID}(?: "")?: offset=\d+, limit=\d+, returned=\d+(?:, total=\d+)?\.'
            rf" (?:End of list\.|{_GAPS}|More may follow: next_offset=\d+\.){_UNREADABLE}",
            r"Created \(UTC\), id, status(?:, duration)?"
            r"(?:, (?:error|output|error if failed, else output) \(the job's own words, quoted\))?:",
            r"\d{4}-\d\d-\d\d",
            rf"\d\d:\d\d:\d\d {_ID} {_STATE}(?: {_DURATION}(?:, last updated {_DURATION} ago)?)?"
            r'(?: (?:error )?"")?(?: \(\d+ chars\))?(?: (?:output )?"")?(?: \(\d+ chars\))?',
            # One job.
            r"(?:Not f|F)inished\.",
            rf'Job {_ID} of application {_ID}(?: "")?: {_STATE}\.',
            rf"Created {_TIME}(?:, last updated {_TIME})?(?:, (?:completed|an earlier run ended) {_TIME})?"
            rf"(?:, (?:took|in_progress for|queued for) {_DURATION})?\.",
            rf"This job is {_STATE}(?:, although Writer gives an error text with it)?\."
            r" Whether it failed before is not known\.",
            rf"(?:It|This run) has not failed so far(?:, although Writer gives an error text with it)?"
            rf"(?:; {_SO_FAR})?\.{_EARLIER_RUN}",
            rf"It is still {_STATE} after {_DURATION} of waiting(?:; {_SO_FAR})?\. Call wait_for_job again\."
            rf"{_EARLIER_RUN}",
            rf"It has (?:run|been queued) for {_DURATION}(?: since its last update)?, longer than {_DURATION}:"
            r" likely stuck\."
            r" Waiting longer is unlikely to help; look at it in Writer \(AI Studio\)\."
            rf"{_EARLIER_RUN}",
            r"This job failed and Writer gives no error text for it, so its cause is not known\.",
            rf"Cause: [a-z_]+; retry: [a-z_]+\. (?:{_ADVICE})",
            r'Decided by these words of the error: ""',
            r'The error, in the job\'s own words(?: \(\d+ characters in all\))?: ""',
            rf'Job {_ID} of application {_ID}(?: "")?: {_STATE}, offset=\d+, output_chars=\d+\.'
            r"(?: The output ends here\.| More follows: next_offset=\d+\.)?",
            rf"Writer gives no output text for this job(?: yet)?: its status is {_STATE}\."
            r"(?: get_job_error says why\.)?",
            r'Its (?:title|output), in the job\'s own words: ""',
            # The running jobs of an application.
            rf'Application {_ID}(?: "")?: {_N} of {_N} jobs? finished \({_N} completed, {_N} failed\), {_N} running'
            rf"(?:, {_N} stuck)?\. Waited {_DURATION}\.",
            _WAIT,
            r"Failed \(the errors are the jobs' own words, quoted\):",
            rf'- {_ID} [a-z_]+(?: "")?',
            r"Stuck:",
            # A triage.
            rf"(?:{_N} of|None of) (?:the )?{_N} jobs?(?: that could be read)? failed(?: \([\d.]+%\); {_GROUPS})?\.",
            r"No job could be read\.|No jobs were created\.",
            rf'Application(?: "")? {_ID}, jobs created until {_TIME}\.(?: Last deployed {_SEEN}\.)?',
            rf"By status: {_STATE} {_N}(?:, {_STATE} {_N})*\."
            rf"(?: Finished jobs took {_DURATION} \(median\), {_DURATION} \(p95\)"
            rf"(?:, at most {_DURATION} \({_ID}\))?\.)?",
            rf"Failed by cause: [a-z_]+ {_N}(?:, [a-z_]+ {_N})*",
            rf"Failed per {_DURATION} from {_SEEN}: \d+(?: \d+)*",
            r"Failures: jobs \(share of the failures\), cause, retry, seen in the window \(UTC\),"
            r" what the errors say, in quotation marks(?:, values with their jobs)? \[newest ids\]",
            rf'{_N} \([\d.]+%\) [a-z_]+ [a-z_]+ {_SEEN}(?:\.\.{_SEEN})? ""{_VALUES} \[{_ID}(?: {_ID})*\]',
            rf"Stuck: (?:no job has run|not known \(see coverage\); none found) over {_DURATION}\.",
            rf"Stuck: (?:{_N} jobs?, running for|not known \(see coverage\); found,) over {_DURATION}:",
            rf"- {_ID} for {_DURATION}, created {_SEEN}",
            rf"Coverage: (?:NOT )?complete, stopped_by=end; {_N} jobs? read(?: of {_N} by Writer's count)?"
            rf" \({_N} in the window\)(?:, back to {_TIME})?\.{_UNREADABLE}"
            r"(?: Not all running jobs could be read, so there may be more stuck ones\."
            r" (?:Writer ignored the filter status=in_progress"
            r"|\d+ of their rows were unreadable)\.)?",
            # Failed jobs.
            rf"(?:As far as could be read, )?(?:{_N}|[Nn]o|(?:{_N}|[Nn]one) of {_N}) failed jobs? of application"
            rf' {_ID}(?: "")?, created (?:from {_TIME} )?until {_TIME}(?:, match(?:es)?)?'
            rf"(?:; (?:{_N} to {_N} shown|number {_N} shown|none at offset {_N}))?\.",
            r"Groups: jobs, cause, retry, what the errors say \(quoted\)",
            rf'(?:#\d+ )?{_N} [a-z_]+ [a-z_]+ ""',
            rf"{_N} jobs? in {_N} groups? on other pages",
            r"Created \(UTC, to the minute\), id(?:, group)?(?: and error \(the job's own words, quoted\))?:",
            rf'\d\d:\d\d {_ID}(?: #\d+)?(?: "")?',
            r"offset=\d+, limit=\d+, returned=\d+(?:, next_offset=\d+)?\.",
            rf"Coverage: (?:NOT )?complete; {_N} failed jobs? read(?:, back to {_TIME})?\."
            rf'(?: {_N} rows? could not be read \(""\); whether of this window is not known\.)?'
            r"(?: Jobs were read one by one, which takes longer: (?:Writer ignored the filter status=failed"
            r"|not all rows of the list can be read)\.)?",
            rf"- list_failed_jobs\((?:[a-z_]+={_VALUE}(?:, )?)*\): the next page; if jobs were retried since, begin at"
            r" offset 0",
            r"Next:",
            rf"- (?:{_TOOLS})\((?:[a-z_]+={_VALUE}(?:, )?)*\): [a-z ]+",
            rf"- retry_jobs\((?:[a-z_]+={_VALUE}(?:, )?)+\): (?:retry {_N} jobs?|the jobs that are left"
            rf"|retry (?:all {_N}|{_N} of the {_N}) at once), once the user agrees"
            r"(?:; \d+ will likely fail again until the cause is fixed)?",
            rf"- retry_jobs\((?:[a-z_]+={_VALUE}(?:, )?)+\): a dry run for the (?:job|{_N} jobs) of a group"
            r" whose cause may be temporary",
            # Outcomes of retries.
            rf"{_N} of {_RETRIED} retried\.",
            rf"Dry run, nothing was sent: {_N} of {_RETRIED} would be retried\.",
            rf'No failed job of application {_ID}(?: "")? was selected; nothing was sent\.',
            rf"(?:(?:Created|Those of the groups below \({_N}\) were created) {_TIME}(?: to {_TIME})?\.(?: |\Z))?"
            rf"(?:Others: [a-z_]+ {_N}(?:, [a-z_]+ {_N})*\.(?: |\Z))?"
            rf"(?:{_N} jobs? left, for which nothing was sent\.)?(?<=\.)",
            r"Jobs, cause, retry, what the errors say \(quoted\):",
            rf'- {_N} [a-z_]+ [a-z_]+ ""',
            rf"and {_N} jobs? in {_N} other groups?",
            rf"[a-z_]+ [a-z_]+: (?:{_ADVICE})",
            rf"(?:Writer runs {_N} of the accepted retries under new ids\.(?: |\Z))?"
            r"(?:(?:Not all failed jobs could be read|Some jobs could not be read again before they were sent)\."
            r" \d+ of their rows were unreadable\.(?: |\Z))*(?<=\.| )",
            rf"Each job:|Not accepted(?:, \d+ of {_N})?:",
            rf"- {_ID}(?: \(was {_STATE}\))? [a-z_]+\.(?: (?:{_SENTENCE}))*",
            # The question to the user, and error messages.
            rf"Retry {_N} failed jobs?(?: of {_CAUSES}|: {_N} of {_CAUSES}(?:, {_N} of {_CAUSES})*"
            rf"(?:, {_N} of {_N} other applications?)?)\?"
            r' (?:Its error says: ""\.|It has no error text\.|None has an error text\.|Their errors say:'
            r' "" \(\d+\)(?:, "" \(\d+\))*\.(?: \d+ others? says? something else\.)?'
            r"(?: \d+ ha(?:s|ve) no error text\.)?)"
            r"(?: You were asked (?:once|\d+ times) before, about other failures\.)?",
            _SENTENCE,
            r"[a-z_]+(?:\[\d+\])? must be"
            r" (?:an id as Writer gives it: no slash, backslash or control character, and not only dots"
            r"|at most 200 characters long)"
            r"(?: \(paste a writer\.com address whole, with https://; an application with such a name is addressed by"
            r' its id, which list_applications shows\))?; got ""\.',
            r'[a-z_]+ must be a string; got ""\.',
            r'contains must have 1 to 500 visible characters; got ""\.',
            r'like takes a job that failed, and job "" is ""\. Pass the id of another job that fails in the same way,'
            r" or use category or contains\.",
            r'Unknown argument "": [a-z_]+ takes [a-z_, ]+\.',
        )
    )
)


def parse_layout(text: str) -> tuple[list[str], list[str]]:
    """Return the lines that are not the server's layout, and the decoded quotations."""
    foreign = [line for line in text.split("\n") if not LAYOUT.fullmatch(QUOTED.sub('""', line))]
    foreign += [text] if _LOOKALIKE_QUOTES.search(text) or unsafe_characters(text) or "\t" in text else []
    return foreign, [json.loads(each) for each in QUOTED.findall(text)]


def mask_quotations(text: str) -> str:
    return QUOTED.sub('""', text)


def string_leaves(value: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Yield (field name, text) for each text of a structure, and ("<name>", name) for each field name."""
    match value:
        case str():
            yield where, value
        case [*items]:
            for item in items:
                yield from string_leaves(item, where)
        case {**fields}:
            for name, field in cast("dict[str, Any]", fields).items():
                yield "<name>", name
                yield from string_leaves(field, name)
        case _:
            pass
