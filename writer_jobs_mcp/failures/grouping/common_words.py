"""The common words of error messages; any other word may be a name."""

from __future__ import annotations

import re
from functools import lru_cache

MAX_SUFFIX_LETTERS = 2  # a part of a word this short is no word

STEMS = frozenset(
    """
    a abort about above absent accept access accord account acknowledge acquire across act active actual adapt
    add additional address adjust admin admit after again against agent ago ahead alert alias align alive all
    alloc allocate allow almost already also alter always am ambient among an analyze and anonymous another
    answer any app append application apply are area argument array as ascii ask assembly assert assign assist
    associate async at attach attempt attention attribute audit auth authentic authenticate authorize auto
    automatic auxiliary available average avoid await away back bad balance band base basic batch battery be
    because become been before begin behavior behind being below best better between beyond bind bit blacklist
    blank block board body boot both bound branch break bridge brief bright bring broadcast broke broken broker
    browser bucket buffer bug build built bulk bundle burst bus busy but button by bypass byte cable cache
    calculate calibrate call callback came can cancel candidate cannot capable capacity capture card care case
    cast catch category cause center certificate chain change channel chapter character charge chat chdir check
    checksum child children chip chmod choice choose chown chunk circuit claim class clean clear client clip
    clock clone close cloud cluster code collapse collect collision color column combine come command comment
    commit common communicate company compare compatible compile complete complex component compose compress
    compute computer concurrent condition conference config configure confirm conflict connect consecutive
    consider consist console constraint consume contact contain content context continue contract control
    convert cookie coordinate copy core correct corrupt cost could count counter cover cpu crash create
    credential credit critical cross csv current cursor custom customer cut cycle daemon damage data database
    datagram date day dead deadline deadlock deal dealloc debug decide declare decline decode decompress
    decrease decrypt dedicate deep default defer define degrade delay delegate delete deliver delta demand deny
    depend deploy deprecate depth dereference derive describe descriptor deserialize design desire destination
    destroy detach detail detect determine device diagnose dial did die died differ different digest digit
    dimension direct directory disable discard disconnect discover disk dispatch display dispose distribute dns
    do document does domain done door double down download drain draw drive driver drop due dump duplicate
    duration during dynamic each early edge edit effect efficient either element else email embed emit empty
    enable encode encounter encrypt end endpoint enforce engine enough enqueue ensure enter entire entity entry
    enum environment epoll equal equipment error escape establish estimate evaluate even event ever every evict
    exact example exceed except exception excess exchange exclude exclusive exec execute executor exhaust exist
    exit expand expect expire explain explicit export expose express expression extend extension external extra
    extract face fact factor fail failure fall fallback false family far fast fatal fault feature feedback fetch
    few field file fill filter final find fine finger finish firewall firmware first fit fix flag flash float
    floating flood flow flush folder follow font for forbid forbidden force foreign fork form format forward
    found fraction fragment frame framework free freeze frequency frequent fresh from front frozen fsync ftp
    full function further future gap garbage gate gateway gather gave general generate get gif give given global
    go goes gone good got gpu grace gracefully grant graph great group grow grpc guarantee guard guess guest
    guide gzip had half halt hand handle handshake hang happen hard hardware has hash have he head header health
    heap heartbeat heat height held help here hidden hide high hint hit hold home hook hop host hot hour how
    however html http https hub human icon id identifier identify idle if ignore illegal image immediate
    implement import imprecise improper in inactive include inclusive incoming incomplete inconsistent incorrect
    increase increment index indicate individual info inform information inherit init initial initialize inject
    inner inode input insert inside inspect install instance instant instead instruct instruction insufficient
    integer integrity intend interact intercept interest interface intern internal internet interpret interrupt
    interval into introduce invalid inventory invert invite invoke ioctl ip ipv is isolate issue it item iterate
    its itself job join journal jpeg jpg json jump just keep kernel key kill kind know known label lack language
    large last late latency later launch layer layout lead leak learn lease least leave left length less let
    letter level library license life like limit line link list listen literal little live load local locate
    lock log logger logic login logon logout long longer look lookup loop lose loss lost low lower lstat machine
    made mail main maintain major make malformed malloc manage manager mandatory manifest manual many map mark
    mask master match material maximum may maybe me mean measure mechanism media medium meet member memory
    mention menu merge message meta metadata meter method metric microphone middle might migrate minimum minor
    minute mirror mismatch miss missing mix mkdir mmap mobile mode model moderate modify module moment monitor
    month more most mount move much multi multiple munmap must mutex my name namespace native near necessary
    need negative neighbor neither nest net network never new next nfs no node none nor normal not note nothing
    notice notification notify now null number object obsolete obtain occupy occur of off offer office offline
    offset often old omit on once one online only opcode open operand operate operator opt optimal option or
    order ordinary organization orient origin orphan other otherwise our out outage outgoing output outside over
    overall overflow overlap overload override overwrite own owner pack package packet page pair panic paper
    parallel parameter parent parity parse part partial participate partition pass passive password past paste
    patch path pattern pause pay payload payment pci pdf peer pend pending per percent perform perhaps period
    permanent permission permit persist person phase phone physical pick pin pipe pipeline place plain plan
    platform play please plugin plus png pod point policy poll pool pop populate port portion position positive
    possible post power practice pre precise predict prefer prefetch prefix premature prepare presence present
    preserve press pressure prevent previous price primary primitive principal print prior priority private
    privilege probe problem procedure proceed process processor produce product profile program progress
    prohibit project promise prompt proper property protect protocol prove provide provider provision proxy
    public publish pull purge push put query question queue quick quiet quit quorum quota quote race radio raise
    ram random range rank rapid rate rather raw reach read ready real reason reassign rebalance reboot rebuild
    recall receive recent recognize recommend reconnect record recover recreate recursion recycle redirect
    reduce redundant refer reference reflect refresh refuse regex region register registry regular reject relate
    relation relay release relevant reliable reload remain remote remove rename render renew reopen repair
    repeat replace replica replicate reply report represent request require reset resize resolve resource
    respond response rest restart restore restrict result resume retain retire retransmission retransmit
    retrieve retry return reuse reverse revert review revoke right ring risk rmdir roam role roll rollback room
    root rotate route router row rpc rule run runtime safe said same sample sanity save say scale scan schedule
    schema scope score scratch screen script scroll search second secondary secret section sector secure
    security see seek seem segment segmentation select self semaphore send sense sensor sent separate sequence
    serial serialize series serious serve server service session set setting settle setup several severe shadow
    shall shape shard share sheet shell shift short should show shut shutdown side sign signal signature
    significant silent similar simple simulate since single site size skip sleep slot slow small smtp snapshot
    so socket soft software some soon sorry sort sound source space spawn speak special specific specify
    speculate speed spend spent spin split sql ssh ssl stable stack stage stale stand standard standby start
    startup starve stat state statement static station statistic status stay steal step still stole stolen stop
    storage store stream string strip strong structure stuck style sub subject submit subprocess subscribe
    subscription subsequent substitute subsystem succeed success successful such sudden sufficient suggest suite
    summary super supply support suppress sure surface surrogate suspect suspend sustain swap switch symbol
    symbolic sync synch synchronize syntax synthetic system table tag tail take taken tar target task tcp team
    technical tell temperature template temporary tenant term terminal terminate test text than that the their
    them then there these they thing this those thread threshold threw throttle through throughput throw thrown
    thus ticket tie tier tight time timeout timer timestamp title tls to today together token too took tool top
    topic total touch toward trace track traffic trail train transaction transfer transform transient transit
    transition translate transmit transparent transport trap traverse tree trial trigger trip trouble true
    truncate trust try tunnel turn type udp unable unauthorized unavailable uncaught unchanged undefined under
    undo unexpected unhandled unicode uniform uninstall union unique unit universal unknown unless unlimited
    unlink unlock unmount unreachable unreadable unrecoverable unresolved unsupported until unusable unused up
    update upgrade upload upper upstream uri url usage usb use user usual utf utility uuid valid validate value
    variable variant vary vector vendor verb verify version very via video view violate violation virtual
    visible visit visual voice volt volume wait wake walk want warm warn was watch watchdog way we weak web week
    weight well went were what when where whether which while who whole whose why wide width will window wire
    wireless wish with withdraw within without wizard won word work worker world would wrap write writer written
    wrong wrote xml yaml yank year yes yet yield you your zero zip zone
    """.split()
)
_WORD_SHAPE = re.compile(
    r"[a-z]{3,}(?:ed|ing|able|ible|ly|tion|sion|ness|less|ment|ity|ance|ence)s?"
)  # names seldom look like this
_SUFFIXES = ("s", "es", "d", "ed", "ing", "r", "er", "or", "ly", "ion", "able", "ment", "ation", "ally", "ity")
_PREFIXES = ("un", "re", "de", "dis", "non", "in", "pre")


@lru_cache(maxsize=8192)
def is_common(word: str) -> bool:
    """Return whether `word` is a common word of error messages, or is derived from one."""
    word = word.lower()
    if "-" in word or "'" in word:
        return all(is_common(part) or len(part) <= MAX_SUFFIX_LETTERS for part in word.replace("'", "-").split("-"))
    return (
        _is_stem_or_inflection(word)
        or bool(_WORD_SHAPE.fullmatch(word))
        or (
            word.startswith(_PREFIXES)
            and any(word.startswith(b) and _is_stem_or_inflection(word[len(b) :]) for b in _PREFIXES)
        )
    )


def _is_stem_or_inflection(word: str) -> bool:
    if word in STEMS:
        return True
    if not word.endswith(_SUFFIXES):  # true of most uncommon words: halves the time
        return False
    for ending in _SUFFIXES:
        if word.endswith(ending) and len(word) - len(ending) > 1:
            stem = word[: -len(ending)]
            if stem in STEMS or stem + "e" in STEMS or (stem[-1] == "i" and stem[:-1] + "y" in STEMS):
                return True
            if len(stem) > MAX_SUFFIX_LETTERS and stem[-1] == stem[-2] and stem[:-1] in STEMS:  # stop, stopped
                return True
    return False
