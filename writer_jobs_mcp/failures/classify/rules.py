"""What errors say: the wordings of each cause, the most specific first."""

import re
from typing import NamedTuple

from writer_jobs_mcp.failures.classify.categories import Category, Retry


class Rule(NamedTuple):
    """Wordings that mean one category."""

    category: Category
    wordings: str
    """A phrase a line, in the language of `phrases`, where `<name>` stands for the words of that name below."""
    retry: Retry | None = None
    """Where it differs from what is usual for the category."""

    @property
    def phrases(self) -> list[str]:
        """The wordings, each a phrase."""
        lines = (line.strip() for line in self.wordings.splitlines())
        return [re.sub(r"<([a-z]+)>", lambda name: _WORD_LISTS[name[1]], line) for line in lines if line]


_WORD_LISTS = {
    "gone": (
        r"(not found|(could not|cannot|can.t) be found|(does not|doesn.t|do not|don.t|did not|"
        r"didn.t) exist|no longer exist*|(has been|was|were|have been|been) (deleted|removed|"
        r"archived))"
    ),
    "thing": (
        r"(application|app|resource|file|document|object|bucket|blob|(knowledge )?graph|page|url|endpoint|"
        r"template|agent|assistant|thread|user|account|project|workspace|organi[sz]ation|team|index|"
        r"collection|table|relation|database|dataset|deployment|engine|voice|image|attachment|"
        r"folder|directory|entity|record|item|job|order|prompt|tool|connector|integration|secret|"
        r"container|queue|key|session|subscription|tenant|region|guide|channel|message|content|"
        r"comment|member|customer|variable|node|step|version)"
    ),
    "payload": (
        r"(prompt|inputs?|text|messages?|request|content|document|string|query|conversation|history|"
        r"transcript|file|body|payload|value|entity|image|upload|data|attachment|brief|url|uri|"
        r"question|frame|headers?|field|title|name|description)"
    ),
    "key": (
        r"(api key|api token|access token|auth\w* token|bearer token|refresh token|security token|"
        r"subscription key|secret key|credentials?|password|username|signature|client secret|"
        r"license key)"
    ),
    "refused": r"(block(ed|ing)|flagged|rejected|filtered|withheld|refused)",
    "unit": r"(tokens|characters|words|bytes|kb|mb)",
    "reached": r"(reach*|exceed*|hit|exhaust*)",
    "budget": r"(monthly|annual|spend*|storage) (usage |spend* )?(limit|quota|budget|cap)",
    "calls": r"(api|usage|requests?|secondly|minutely|hourly|daily|minute|calls?) limit",
    "period": r"(second|sec|minute|min|hour|day)",
    "cannot": r"(cannot|can.t|could not|couldn.t|unable to|failed to)",
    "document": r"(file|pdf|document|image|archive|attachment)",
    "spoilt": r"(encrypted|corrupt(ed)?|broken|damaged|password protected)",
    "cut": r"(refused|reset|aborted|closed|lost|failed|failure|dropped|terminat*|broken|interrupted)",
    "down": r"(unavailable|not available|down|unreachable)",
    "faulty": r"(invalid|illegal|malformed|unsupported|unrecogni[sz]ed|unexpected|unknown|incorrect|bad)",
    "waits": (
        r"(requests?|read|write|connect\w*|gateway|upstream|operation|response|socket|query|"
        r"statement|lock wait|job|task|execution|idle|headers|handshake|i/o|network|server|client|"
        r"model|api|call|worker|step|inference|generation|activity|workflow|heartbeat|close|"
        r"navigation|page|endpoint|stream|pool|lock|tls|dns|lambda)"
    ),
    "asked": (
        r"(inputs?|requests?|parameters?|arguments?|values?|fields?|formats?|types?|schema|body|"
        r"payload|data|dates?|media type|image|encoding|url|email|query|file|property|option|enum|"
        r"choice|prompt|content type|params?)"
    ),
    "sized": (
        r"(inputs?|prompt|text|message|request|document|content|file|body|payload|size|length|"
        r"count|upload)"
    ),
    "field": r"(@|field|inputs?|value|parameter|param|argument|property|attribute|header|option|body)",
    "stream": r"(stream|client|server|socket|peer|upstream|session|tunnel)",
    "bug": (
        r"(?-i:(?:Key|Index|Attribute|Type|Name|Assertion|Import|ModuleNotFound|Unbound\w{0,8}|"
        r"NotImplemented|Recursion|Memory|Syntax|Unicode\w{0,10}|ZeroDivision|Overflow|JSONDecode|"
        r"Indentation|Reference|Range)Error)"
    ),
    "fault": (
        r"(?-i:(?:IllegalState|ClassCast|IndexOutOfBounds|ArrayIndexOutOfBounds|NoSuchElement|"
        r"NoSuchMethod|ClassNotFound|InvalidOperation|ArgumentNull|Arithmetic|ConcurrentModification|"
        r"UnsupportedOperation)(?:Exception|Error))"
    ),
}

RULES: tuple[Rule, ...] = (
    # The content was refused, whatever the status.
    Rule(
        "blocked_content",
        r"""
        content filter*
        content (management )?(policy|policies) viol*
        content management polic*
        responsible ai policy
        violat* .. (content|usage|safety|community|acceptable use) (polic*|guideline*|standard*|rule*)
        guardrail* .. (blocked|interven*|triggered|rejected|violat*|failed|refused|stopped|withheld)
        (blocked|rejected|refused|stopped|denied|violat*|failed) .. guardrail*
        <refused> .. (safety|moderat*|harmful|unsafe|inappropriate|toxic*)
        <refused> .. (sensitive|prohibited|recitation|usage polic*|content polic*)
        (safety|moderation) (\w{1,12} )?(was |has )?(blocked|flagged|rejected|triggered|violat*)
        prohibited content
        (finish|block|stop) ?reason\W.. (safety|recitation|blocklist|spii)
        (contain*|include*|detect*) .. (harmful|unsafe|inappropriate|prohibited|offensive) (content|words|language)
        (contain*|include*|detect*) sensitive (content|words|information|material)
        (prompt injection|jailbreak|profanity) (was |has been )?(detected|blocked)
        blocked prompt
        """,
    ),
    # Time, where the words are those of length.
    Rule(
        "timeout",
        r"""
        (took|taking|takes|waited|waiting) too long
        """,
    ),
    # A full disk is no quota of requests.
    Rule(
        "internal_error",
        r"""
        (disk|inode) (quota|space|full|is full)
        no space left on device
        """,
    ),
    # Too long, said outright.
    Rule(
        "input_too_long",
        r"""
        context (length|window|size|limit) .. (exceed*|overflow*)
        exceed* .. context (length|window|size|limit)
        (maximum|max) context (length|window|size)
        <payload> .. (is|are|was|were|be) (far |way )?too (long|large|big)
        too (long|large|big) .. (characters|tokens|words|bytes|kb|mb|max*|limit)
        (longer|larger|bigger|greater) than (the )?(max*|allowed|permitted|limit|context)
        (tokens?|token count) limit .. exceed*
        (maximum|max) (number of )?(tokens|characters|words) .. exceed*
        (prompt|input|request|payload|entity|content|message|file|body|string|frame) too (long|large|big)
        too (long|large) frame
        too many (input |prompt )?(tokens|characters|words)(?!\W{0,2}(?:per|please wait|a ))
        string above max length
        message larger than
        content length exceed*
        reduce the length
        (shorter|shorten) .. (prompt|input|text|message)
        """,
    ),
    # The money behind a rate.
    Rule(
        "rate_limit",
        r"""
        insufficient (quota|credits?|balance|funds)
        (credits?|balance|funds) .. (too low|insufficient|exhausted|depleted|ran out|run out|used up)
        out of (credits?|funds)
        billing (hard limit|limit|quota|details)
        (check|update|add) .. (billing|payment method)
        exceed* your current quota
        payment required
        <budget> .. <reached>
        <reached> .. <budget>
        budget (has been |was )?exceed*
        """,
        retry="after_a_fix",
    ),
    # Rates.
    Rule(
        "rate_limit",
        r"""
        rate limit .. (exceed*|reach*|hit|violat*|appl*|surpass*)
        rate limit (error|exception|quota)
        (hit*|exceed*|reach*|trigger*|surpass*|due to|because of|breach*) .. rate limit*
        over (the |your )?rate limit
        rate limit(ed|ing|s exceeded)
        ^rate limit$
        (requests?|calls?|tokens?) rate (is |was )?(too high|exceed*|limit*)
        too many (requests|calls|attempts|api calls|concurrent|simultaneous|parallel)
        too many (tokens|characters)\W{0,2}(per|please wait)
        (requests?|calls?|messages) .. too (fast|frequent*|quickly|often)
        throttl(ed|ing)
        quota .. (exceed*|exhaust*|reached|used up|violat*)
        (exceed*|exhaust*|reached) .. quota
        (over|out of) (the |your )?quota
        resource (has been )?exhausted
        (please )slow down
        slow down (your |the )?request*
        \Wslow down\W
        reduce (your |the )?(request rate|rate of requests|frequency)
        (limit*|exceed*|maximum|max|allowed) .. (requests|calls|tokens|messages|queries) ?(per|/|an?) <period>
        (concurren\w+|parallel|simultaneous) .. (limit|maximum) .. (reach*|exceed*|hit)
        (exceed*|reach*|hit) .. (concurren\w+|parallel|simultaneous)
        <calls> .. (reach*|exceed*|hit)
        (reach*|exceed*|hit) .. <calls>
        (capacity|throughput) .. exceed*
        requests? (is|are|was|were) (being )?limited
        limited to # .. (per|/) ?<period>
        out of capacity
        """,
    ),
    # Too long, by its numbers.
    Rule(
        "input_too_long",
        r"""
        <sized> .. exceed* .. (max*|limit*|allowed|threshold|#)
        (length|size) exceed*
        exceed* .. (length|size|token|character|word|file|payload) (limit|size|maximum)
        exceed* .. (maximum|max|allowed|limit) .. (size|length|tokens|characters|words|bytes|mb)
        (must|should|can|may|cannot) .. (at most|less than|fewer than|no more than|up to|shorter than) # .. <unit>
        (must|should) have length less than
        (at most|up to|only) # <unit> (is|are) (allowed|permitted)
        tokens .. must be (<|less|at most|fewer)
        (value|string|text|input) too long
        """,
    ),
    # A model or a deployment that is not there, even where access is blamed as well.
    Rule(
        "missing_resource",
        r"""
        (model|deployment|engine)s? .. <gone>
        (model|deployment|engine) .. (decommission*|deprecat*|retired)
        (model|deployment|engine) .. (no longer (available|supported)|end of (its )?life)
        no such model
        no \w{1,20} found with id
        (application|app|agent|deployment) .. not deployed
        unknown model
        """,
    ),
    # Time.
    Rule(
        "timeout",
        r"""
        timed out
        <waits> time out(?! (?:must|should|value|param\w*|setting|field|option|is (?:required|invalid)))
        time out (error|exception|exceed*|expired|occur*|reached|while|after|waiting|awaiting|reading|connecting)
        time out .. (elaps*|exceed*|expired|reached)
        (due to|because of|caused by|hit|exceed*|encounter*) .. time out
        ^time out$
        (fail*|error|aborted|stopped|killed|terminated|reason|cause|states)\W{1,3}time out$
        deadline (has |was )?(been )?(exceeded|expired|passed)
        exceed* .. (deadline|time limit|execution time|run ?time|time budget|time allowed)
        (time limit|(max\w*|execution|running|processing) (time|duration)|run ?time) .. (exceed*|reached|expired)
        exceed* .. (max\w*|allowed|allotted) .. (time|duration|run ?time)
        longer than .. (deadline|time out|time limit|allowed time)
        execution expired
        (not|didn.t|couldn.t|failed to) (respond|answer|return|reply|start|complete|finish) .. (within|in time|in #)
        no (response|answer|reply) .. (within|after #|in #)
        (ran|run) out of time
        e(socket)?timedout
        """,
    ),
    # A certificate does not mend itself.
    Rule(
        "upstream_failure",
        r"""
        cert(ificate)? verif*
        certificate .. (expired|not trusted|untrusted|self signed|unknown authority|mismatch|not valid)
        self signed cert*
        cert (has )?(expired|altname|chain|untrusted)
        unable to verify .. (leaf signature|cert*)
        pkix path
        (unable to get|unable to find) .. (issuer certificate|certification path)
        signed by unknown authority
        hostname mismatch
        """,
        retry="after_a_fix",
    ),
    # Who may do what.
    Rule(
        "access_denied",
        r"""
        unauthori[sz]ed
        unauthenticated
        fail\.(unauthorized|forbidden|auth)
        must be (authenticated|verified|logged in|signed in|authori[sz]ed|an? (admin\w*|owner|member))
        gated (repo|model)
        (account|user|key|organi[sz]ation|workspace) .. (suspended|deactivated|disabled|locked|banned)
        (invalid|bad|no) auth
        missing (authori[sz]ation|authentication|auth|bearer)
        (signature|token|jwt) verification failed
        eacces
        (authenticat\w+|authori[sz]ation|auth) .. (fail*|error|required|denied|unsuccessful|invalid)
        (failed|unable|not able) to (authenticate|authori[sz]e|log in|sign in)
        not (authenticated|authori[sz]ed|permitted to|logged in|entitled)
        operation not permitted
        not allowed to (access|use|perform|call|view|read|run|make)
        access (is |was |has been )?(denied|forbidden|refused|restricted|revoked)
        access to .. (is|was|has been) (denied|forbidden|restricted|revoked)
        denied access
        (access|request|operation|action|is|was) forbidden
        ^forbidden$
        permissions? .. (denied|missing|required|insufficient)
        required .. @ permissions?
        permission denied
        insufficient .. (permissions?|privileges?|scopes?|rights?|access)
        (do|does) not have .. (permissions?|access|rights?|privileges?)
        (don.t|doesn.t) have .. (permissions?|access|rights?|privileges?)
        (lack*|missing|no) (the )?(required |necessary |sufficient )?(permissions?|privileges?|scopes?|access rights)
        (invalid|incorrect|wrong|bad|expired|missing|unknown|revoked|no|malformed|invalid x) .. <key>
        <key> .. (expired|not valid|invalid|revoked|disabled|rejected|incorrect)
        <key> .. (missing|required|not provided|not found|not match)
        (invalid|bad|expired) .. token passed
        (invalid|bad|expired) token(?!\W{1,3}(?:in|at|character|'|\"))
        token (has |is |was )?(been )?(expired|revoked|invalid|not valid|rejected|missing)
        (signature|jwt|session|login) (has |is |was )?(been )?expired
        (invalid|expired) (grant|client|access key|jwt|session)
        (unable to locate|could not load|could not find|no) .. credentials
        aadsts\d+
        you have been blocked
        has not been used in project
        (country|region|territory) .. not supported
        please (log|sign) in
        """,
    ),
    # Something else that is not there.
    Rule(
        "missing_resource",
        r"""
        <thing>s? .. <gone>
        <thing> not found
        <cannot> (find|locate) .. (<thing>|with id)
        no such <thing>
        no <thing> .. (found|exists?)
        no route matched
        (may|might|must) have been (deleted|removed|archived)
        models?/.. not found for
        (?<![A-Za-z])(?-i:NOT_FOUND|NotFound)
        (?<![A-Za-z_])(?-i:(?!module|class|method|host|command)[a-z_]{2,40}_not_found)
        enoent
        not found error
        fail\.not found
        undefined table
        ^not found$
        """,
    ),
    # A neighbour fails.
    Rule(
        "upstream_failure",
        r"""
        bad gateway
        (service|server|backend|provider|system|api) (is |was )?(temporarily |currently )?<down>
        temporarily (unavailable|overloaded|out of service|not available)
        (is|was|are) (currently |temporarily )?overloaded
        ^overloaded$
        overloaded error
        (server|service|system|model) (is |was )?(too )?(busy|overloaded|at capacity)
        (model|server|redis|service|index) .. is (currently |still )?loading
        (?<![A-Za-z])(?-i:UNAVAILABLE)
        connection (was |has been |is |attempts? |to \S{1,60} )?<cut>
        connection error
        connection attempts failed
        connect (call |error|failed|failure|exception)
        connect(ion)? .. (refused|failed)
        <cannot> connect
        <cannot> reach .. (hosts?|server|service|api|upstream|endpoint|network|backend|@)
        <cannot> resolve .. (host|hostname|name|dns|address|domain|@)
        failed to establish .. connection
        e(conn(reset|refused|aborted)|notfound|ai_again|hostunreach|netunreach|pipe)
        broken pipe
        <stream> (was )?(disconnected|closed|reset|terminated|interrupted) (before|unexpectedly|early|premature*|by)
        error sending request
        empty (reply|response) from
        (?<![A-Za-z])(?-i:ReadError|WriteError|NetworkError|ECONNABORTED|EPROTO)
        failed to fetch$
        backend error
        (server|service|worker|system|node|instance) (is )?shutting down
        (name|dns) (resolution|lookup) .. (fail*|error)
        failure in name resolution
        name resolution error
        nodename nor servname
        (name|host|service) .. not known
        (no such|unknown) host
        socket hang up
        server disconnected
        remote (end closed|disconnected|protocol error)
        (peer|server|remote|host) .. (closed|reset|dropped|terminated) .. connection
        peer closed
        upstream connect error
        no healthy upstream
        upstream .. (error|fail*|unavailable)
        invalid response .. (upstream|server|backend)
        circuit ?breaker .. open
        (no|none) .. server is available
        backend fetch failed
        actively refused
        network (is |was )?(unreachable|error)
        no route to host
        fetch failed
        payload is not completed
        incomplete (chunked )?read
        server has gone away
        too many clients
        remaining connection slots
        brokers? (are |is )?down
        (ssl|tls) (error|handshake .. (fail*|error)|alert|eof)
        unexpected eof
        :\seof$
        web server is (down|returning)
        under maintenance
        (high|heavy) (demand|load|traffic)
        fail\.service unavailable
        """,
    ),
    # An answer that is not what the program reads.
    Rule(
        "internal_error",
        r"""
        unexpected token ... json
        unexpected end of json
        expecting value: line
        """,
    ),
    # What was asked for cannot be done.
    Rule(
        "invalid_input",
        r"""
        <field> .. (is|are) (a )?required
        ^(?-i:[a-z_][\w.]{0,40}) (is|are) required
        is a required (property|field|parameter|argument|input)
        (field|value|parameter|argument|property) required
        missing (a |an |the )?(required )?(inputs?|parameters?|params?|arguments?|fields?|value|property)
        required .. (missing|not provided|not supplied)
        <faulty> (request )?<asked>
        (request|body|payload|input) .. invalid json|invalid json .. (request|body|payload|input)
        (invalid|unsupported) .. (file|media|content|image) (type|format)
        not (a |an )?valid
        (is|are) (invalid|malformed|not supported|unsupported)
        isn.t supported
        (not|isn.t) one of
        must be (a|an|one|between|at|less|greater|in|of|either|positive|non|unique|valid)
        must be (set|provided|specified|supplied)
        must (alternate|match)
        must (be )?[<>#]
        must (contain|have|start with|end with|not) .. (@|characters?|fields?|items?|values?|elements?)
        must (contain|have|not) .. (blank|empty|null|at least)
        (input|value) should be
        should be (a valid|one of|greater|less|at (least|most)|an? (string|integer|number|list|object|boolean))
        should have at (least|most)
        (@|input|text|title|value|prompt|message|string|name|query|content|field) .. too short
        (cannot|can not|can.t|must not|may not) be (empty|blank|null|none|negative|zero)
        validation (errors?|failed|exception)
        failed validation|failed to validate
        (not|aren.t) (permitted|allowed) here
        extra (inputs|fields) .. not (permitted|allowed)
        <cannot> (parse|read|open|decode) .. (body|request|payload|input|upload\w*|json)
        <cannot> (parse|read|open|decode|extract) .. <document>
        argument not valid
        (?<!index\s)out of range
        (dimensions?|schema|type|shape|format|pattern|checksum) .. (does not|doesn.t|do not|don.t) match
        (dimension|schema|type|shape) mismatch
        (not|isn.t) allowed for (field|parameter|@)
        got invalid value
        bad user input
        maximum allowed number of
        supports at most
        (encrypted|corrupt(ed)?) (file|pdf|document|image)
        <document> (is|seems|appears|looks|was) .. <spoilt>
        (broken|damaged|corrupt(ed)?|unreadable) (document|file|image|data stream|pdf|archive)
        unprocessable
        bad request
        invalid request error
        (?<![A-Za-z])(?-i:INVALID_ARGUMENT|InvalidArgument|invalid_type)
        fail\.bad request
        """,
    ),
    # A hiccup, by its own account.
    Rule(
        "internal_error",
        r"""
        deadlock (was )?(detected|found)
        internal .. error ... (retry|try again)
        server had an error ... (retry|try again)
        """,
        retry="worth_it",
    ),
)

FALLBACK_RULES: tuple[Rule, ...] = (
    # The program itself, when nothing above speaks and no status does.
    Rule(
        "internal_error",
        r"""
        internal (server )?(error|exception|failure)
        server .. internal error
        ^server error$
        server had an error
        unexpected condition
        unhandled (exception|error|promise rejection)
        (?<![A-Za-z])(?-i:INTERNAL(?![_A-Za-z])|code = Internal)
        fail\.internal server error
        (out of|not enough|insufficient|low on .{0,20}) memory
        <cannot> allocate
        memory size .. exhausted
        (worker|process|container|pod|task|subprocess) .. (exited|died|terminated) (prematurely|unexpectedly)
        (worker|process|container|pod) (was |has )?(lost|crashed|killed|evicted)
        zombie (job|task|process)
        too many open files
        oom ?killed
        exit code 137
        signal\W{1,3}(9|11|killed|sig\w+)
        sig(segv|kill|abrt)
        segmentation fault
        core dumped
        (maximum recursion depth|stack overflow|stack size) ?(exceed*)?
        (null|nil) (pointer|reference) (exception|dereference)?
        panic: runtime
        division by zero
        (?-i:[A-Z]\w{0,40}Parser)exception
        <bug>(?=:|\(|$|\n)
        <fault>
        (not enough|too many) values to unpack
        invalid literal for int
        could not convert string to
        has no attribute
        object is not (subscriptable|callable|iterable)
        cannot read propert(y|ies) of
        is not a function
        """,
    ),
)
