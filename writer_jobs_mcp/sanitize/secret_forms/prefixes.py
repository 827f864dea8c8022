"""Keys that are known by a prefix, by the kind of their makers.

From the makers' documents and the public rules of gitleaks, betterleaks, trufflehog, secretlint and CredSweeper.
"""

from writer_jobs_mcp.sanitize.secret_forms.form import ALNUM, BASE64, HEX, UUID, PrefixedForm

_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_WITH_DIGIT = r"(?=[A-Za-z_-]{0,60}\d)"

PREFIXED: tuple[PrefixedForm, ...] = (
    # Code, packages, builds.
    PrefixedForm("ghp_ gho_ ghu_ ghs_ ghr_ github_pat_", r"\w{20,}(?:\.[\w-]{10,}){0,2}", ALNUM),
    PrefixedForm(
        "glpat- gldt- glcbt- glptt- glft- glimt- glagent- gloas- glrt- glrtr- glsoat- glffct- glwt- GR1348941",
        r"[\w-]{16,}(?:\.[0-9a-z]{2,9}){0,2}",
        ALNUM,
    ),
    PrefixedForm("ATATT3 ATCTT3", r"[\w-]{30,}(?:(?:=|%3D)[0-9A-Fa-f]{8})?", ALNUM),  # Atlassian, Bitbucket
    PrefixedForm("ATBB BBDC-", r"[\w+/=-]{24,}", ALNUM),
    PrefixedForm("sgp_", r"(?:(?:[0-9a-f]{16}|local)_)?[0-9A-Za-z]{40,}", HEX),  # Sourcegraph, Segment
    PrefixedForm("npm_", r"[A-Za-z0-9]{30,}", ALNUM),
    PrefixedForm("pypi-", r"A[\w-]{30,}", "A" + ALNUM),
    PrefixedForm("rubygems_ CLOJARS_ pul- sqa_ sqp_ squ_", r"[0-9a-f]{40,}", HEX),  # Pulumi, SonarQube
    PrefixedForm("packagist_ort_ packagist_out_ packagist_acs_ packagist_ack_", r"[0-9a-f]{28,}", HEX),
    PrefixedForm("cio", r"[A-Za-z0-9]{32}(?![\w-])", ALNUM[:32]),  # crates.io
    PrefixedForm("oy2", r"[a-z0-9]{43}(?![\w-])", HEX[:43]),  # NuGet
    PrefixedForm("dckr_pat_ dckr_oat_ SWMTKN-1- SWMKEY-1-", r"[\w+/-]{24,}", ALNUM),  # Docker
    PrefixedForm("CCIPAT_ CCIPRJ_", r"[A-Za-z0-9]{10,}_[0-9a-f]{30,}", f"{ALNUM}_{HEX}"),  # CircleCI
    PrefixedForm("bkua_ bkaa_ bkaj_ bkar_ bkct_ bkpt_ bkpat_ bkps_", r"[\w-]{30,}", HEX),  # Buildkite
    PrefixedForm("API-", r"[A-Z0-9]{26}(?![\w-])", "WI1WZVO2H8EH0I3A3NDU7TSV7O"),  # Octopus
    PrefixedForm("AKCp cmVmd", r"[A-Za-z0-9]{50,}", ALNUM * 2),  # JFrog
    PrefixedForm("tk-us- csa_ mergify_application_key_ AIK_CI_ AIK_SECRET_", r"[\w-]{20,}", ALNUM),
    PrefixedForm("pnu_ pnb_ ddp_ ddo_ rpa_", r"[A-Za-z0-9]{30,}", ALNUM),  # Prefect, Deno, RunPod
    PrefixedForm("hawk.", r"[\w-]{16,}\.[\w-]{16,}", f"{ALNUM}.{ALNUM}"),
    # Clouds, hosting, data stores.
    PrefixedForm("AIza", r"[\w-]{30,}", ALNUM),  # Google
    PrefixedForm("ya29. GOCSPX- AQ.Ab 1//0", r"[\w-]{16,}", ALNUM),
    PrefixedForm("ABSK bedrock-api-key-", r"[A-Za-z0-9+/]{28,}={0,2}", BASE64),  # Amazon
    PrefixedForm("da2-", r"[a-z0-9]{26}(?![\w-])", HEX[:26]),
    PrefixedForm("amzn.mws.", _UUID, UUID),
    PrefixedForm("doo_v1_ dop_v1_ dor_v1_ dos_v1_", r"[0-9a-f]{40,}", HEX),  # DigitalOcean
    PrefixedForm("dapi", r"[0-9a-f]{32}(?:-\d{1,2})?", HEX[:32]),  # Databricks
    PrefixedForm("HRKU-", r"[\w-]{30,}", ALNUM),  # Heroku
    PrefixedForm("rnd_ nfp_ vcp_ vck_ vca_ vcr_ vci_", r"[\w-]{26,}", ALNUM),  # Render, Netlify, Vercel
    PrefixedForm("sbp_ sb_secret_ napi_", _WITH_DIGIT + r"[\w-]{28,}", ALNUM),  # Supabase, Neon
    PrefixedForm("pscale_tkn_ pscale_oauth_ pscale_pw_", r"[\w=.-]{24,}", ALNUM),
    PrefixedForm("cfut_ cfat_ cfk_ cfoat_", r"[A-Za-z0-9]{40,}", ALNUM),  # Cloudflare
    PrefixedForm("v1.0-", r"[0-9a-f]{24}-[0-9a-f]{60,}", f"{HEX[:24]}-{HEX}"),
    PrefixedForm("tskey-", r"[a-z]{2,10}-[\w-]{20,}", f"auth-{ALNUM}"),  # Tailscale
    PrefixedForm("fo1_ fm1a_ fm1r_ fm2_", r"[\w+/=-]{40,}", BASE64),  # Fly
    PrefixedForm("essu_ CCDB1_ mdb_sa_sk_ dbts_ dbtc_ dbtu_ ucat_", r"[\w-]{24,}", ALNUM),
    PrefixedForm("sha256~", r"[\w-]{40,}", ALNUM * 2),  # OpenShift
    PrefixedForm("hvs. hvb. hvr.", r"[\w-]{24,}", ALNUM),  # Vault
    PrefixedForm("dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit.", r"(?:[\w-]{2,35}\.)?[A-Za-z0-9]{40,}", ALNUM * 2),
    PrefixedForm("ops_eyJ", r"[\w+/=-]{40,}", ALNUM),  # 1Password
    PrefixedForm("A3-", r"(?:[A-Z0-9]{5,11}-){4,5}[A-Z0-9]{5}", "ASWWYB-798JRY-LJVD4-23DC2-86TVM-H43EB"),
    PrefixedForm("AGE-SECRET-KEY-1 AGE-SECRET-KEY-PQ-1", r"[A-Z0-9]{40,}", ALNUM.upper()),
    PrefixedForm("t1.", r"[\w-]{20,}={0,2}\.[\w-]{60,}={0,2}", f"{ALNUM}.{ALNUM * 2}"),  # Yandex
    PrefixedForm("AQVN", r"[\w-]{34,}", ALNUM),
    # Models and agents.
    PrefixedForm(  # OpenAI, Anthropic, Stripe and many others; OpenSSH's key types (sk-ssh-ed25519) are not secrets
        "sk- pk- rk- sk_ pk_ rk_",
        r"(?!ssh-|ecdsa-|SK\b|[a-z]+(?:[_-](?:[a-z]+|\d{1,4})){1,8}(?![\w*.-]))"
        r"(?=[\w*.-]{0,100}(?:[\dA-Z*]|\.\.))[\w*.-]{6,}",
        ALNUM,
    ),
    PrefixedForm("sk.eyJ pk.eyJ", r"[\w-]{20,}\.[\w-]{16,}", f"{ALNUM}.{ALNUM}"),  # Mapbox
    PrefixedForm("hf_ api_org_ r8_ gsk_", r"[A-Za-z0-9]{20,}\w*", ALNUM),
    PrefixedForm("pplx- xai- nvapi- tvly- csk- llx- tgp_v1_ wandb_v1_ nyk_", _WITH_DIGIT + r"[\w-]{24,}", ALNUM),
    PrefixedForm("fw_ fw- jina_ lsv2_pt_ lsv2_sk_ pcsk_", r"(?=[a-zA-Z]{0,40}\d)[A-Za-z0-9]{20,}\w*", ALNUM),
    PrefixedForm("pa- al-", r"(?=[\w-]{0,43}[A-Z])(?=[\w-]{0,43}\d)[\w-]{43}(?![\w-])", ALNUM + "Rc5"),  # Voyage
    PrefixedForm("fc- e2b_ key_", r"[0-9a-f]{28,64}(?!\w)", HEX[:32]),  # Firecrawl, E2B, Cursor, Retell
    PrefixedForm("ak_ uak_ oak_ m0-", r"(?=[\w-]{0,40}\d)(?=[\w-]{0,40}[A-Z])[\w-]{20,}", ALNUM),  # Composio, Mem0
    PrefixedForm("apify_api_ apk_ apk_user_ cog_ unkey_ bb_live_ bb_test_", _WITH_DIGIT + r"[\w+/-]{20,}", ALNUM),
    # Payment and trade.
    PrefixedForm("whsec_", r"[\w+/=-]{16,}", ALNUM),  # Stripe webhooks
    PrefixedForm("sq0atp- sq0csp- sq0idp- EAAA", r"[\w-]{22,}", ALNUM),  # Square
    PrefixedForm("AQE", r"[A-Za-z0-9+/_-]{80,}={0,2}", BASE64),  # Adyen
    PrefixedForm("rzp_live_ rzp_test_", r"[A-Za-z0-9]{14}", ALNUM[:14]),
    PrefixedForm(
        "access_token$production$ access_token$sandbox$", r"[0-9a-z]{16}\$[0-9a-z]{32}", f"{HEX[:16]}${HEX[:32]}"
    ),
    PrefixedForm("access-production- access-sandbox- access-development-", _UUID, UUID),  # Plaid
    PrefixedForm("pdl_live_apikey_ pdl_sdbx_apikey_ FLWSECK- FLWSECK_TEST- $aact_", r"[\w-]{20,}", ALNUM),
    PrefixedForm("xnd_production_ xnd_development_ ramp_sec_ mercury_production_", r"\w{30,}", ALNUM),
    PrefixedForm(
        "live_ test_", r"(?:[0-9a-f]{35}(?!\w)|(?=[\w-]{0,40}[A-Z])(?=[\w-]{0,40}\d)[\w-]{40}(?![\w-]))", ALNUM
    ),
    PrefixedForm("duffel_live_ duffel_test_ shippo_live_ shippo_test_", r"[\w=-]{30,}", ALNUM),
    PrefixedForm("EZAK EZTK", r"[A-Za-z0-9]{54}", ALNUM + ALNUM[:14]),  # EasyPost
    PrefixedForm("polar_oat_ polar_pat_ polar_at_", r"[\w-]{20,}", ALNUM),
    PrefixedForm("shpat_ shpca_ shppa_ shpss_ shpua_ shptka_", r"[0-9a-fA-F]{20,}", HEX),  # Shopify
    # Mail, messages, media.
    PrefixedForm("xoxa- xoxb- xoxc- xoxd- xoxe- xoxo- xoxp- xoxr- xoxs- xapp-", r"[\w%+/=-]{10,}", ALNUM),  # Slack
    PrefixedForm("xoxe.xoxb- xoxe.xoxp-", r"[\w-]{10,}", ALNUM),
    PrefixedForm("SG.", r"[\w-]{16,}\.[\w-]{16,}", f"{ALNUM}.{ALNUM}"),  # SendGrid
    PrefixedForm("key- pubkey-", r"[0-9a-f]{32}\b", HEX[:32]),  # Mailgun
    PrefixedForm("xkeysib- xsmtpsib-", r"[0-9a-f]{40,}-[A-Za-z0-9]{10,}", f"{HEX}-{ALNUM[:16]}"),  # Brevo
    PrefixedForm("re_", r"[A-Za-z0-9]{8}_[A-Za-z0-9]{16,}", f"{ALNUM[:8]}_{ALNUM[:24]}"),  # Resend
    PrefixedForm("mlsn. api_live. api_live_ca. api_live_us.", r"[\w-]{24,}", ALNUM),  # MailerSend, Onfido
    PrefixedForm("SK", r"(?:[0-9a-f]{32}|[0-9A-F]{32})(?!\w)", HEX[:32]),  # Twilio
    PrefixedForm("os_v2_app_ os_v2_org_", r"[a-z2-7]{60,}", "abcdefgh2345" * 6),  # OneSignal
    PrefixedForm("EAAC EAAM EAAG EAAB", r"[A-Za-z0-9]{60,}", ALNUM * 2),  # Facebook
    PrefixedForm("IGQVJ IGQWR", r"[\w=-]{60,}", ALNUM * 2),
    PrefixedForm("pina_ lip_ tss_ vtwn_ prf_ prf_cli_", _WITH_DIGIT + r"[\w-]{20,}", ALNUM),
    # Monitoring.
    PrefixedForm("sntryu_ sntrys_", r"[\w+/=-]{40,}", ALNUM + HEX),  # Sentry
    PrefixedForm("NRAK- NRII- NRJS- NRBR- NRRA- NRIQ- NRAA-", r"(?=[\w-]{0,40}\d)[\w-]{19,}", ALNUM),  # New Relic
    PrefixedForm("glsa_ glc_", r"[\w+/=-]{30,}", ALNUM),  # Grafana
    PrefixedForm("dt0c01. dt0s01. dt0s02. dt0s03. dt0s16.", r"[A-Z0-9]{8,}(?:\.[A-Z0-9]{40,})?", ALNUM.upper()),
    PrefixedForm("phx_ phc_ phs_ phr_ pha_", r"[\w-]{38,}", ALNUM),  # PostHog
    PrefixedForm("rootly_", r"[0-9a-f]{40,}", HEX),
    # Work, design, customers.
    PrefixedForm("lin_api_ lin_oauth_ ntn_ secret_", r"(?=[a-zA-Z]{0,40}\d)[A-Za-z0-9]{32,}", ALNUM),  # Linear, Notion
    PrefixedForm("figd_ figo_ figu_", r"(?=[\w-]{0,40}\d)[\w-]{20,}", ALNUM),
    PrefixedForm("PMAK- PMAT-", r"(?=[\w-]{0,40}\d)[\w-]{24,}", ALNUM),  # Postman
    PrefixedForm("CFPAT- tfp_ rdme_", r"(?=[\w-]{0,40}\d)[\w-]{24,}", ALNUM),  # Contentful, Typeform, ReadMe
    PrefixedForm("pat-na1- pat-eu1- pat-ap1-", _UUID, UUID),  # HubSpot
    PrefixedForm("pat", r"[A-Za-z0-9]{14}\.[0-9a-f]{64}", f"{ALNUM[:14]}.{HEX}"),  # Airtable
    PrefixedForm("waka_ RGAPI- sdk- api- mob- ctx7sk-", _UUID, UUID),  # WakaTime, Riot, LaunchDarkly
    PrefixedForm("nfu_ p8e- fio-u- dnkey- ico- ion_ rly_", r"(?=[\w=-]{0,60}\d)[\w=-]{30,}", ALNUM),
    PrefixedForm("samsara_api_ persona_production_ zpka_ cnvca wrka-", r"(?=[\w-]{0,60}\d)[\w.-]{24,}", ALNUM),
    PrefixedForm("s-s4t2ud- s-s4t2af-", r"[0-9a-f]{40,}", HEX),
    PrefixedForm("configcat-sdk-1/", r"[\w-]{22}/[\w-]{22}", f"{ALNUM[:22]}/{ALNUM[:22]}"),
)

LIKELY_WORDS = (
    "live prod production api rw secret sec sk sct pat oat apikey api_key key tok token auth access refresh pw"
    " pwd cred svc"
)
"""Before the last ``_`` or ``-`` of prefixes that are not listed: what follows is a key if it is long and random."""
ID_PREFIXES = (
    "req msg run call resp chatcmpl cmpl asst thread file cus pi evt in price cs org proj batch dep bld usr"
    " user doc toolu step vs ft ftjob seti pm src ch txn sub si prod acct job id img item rs fc srvtoolu gen"
    " trace span obs build deployment dpl prj team ses sess session conv conversation upload video rec inv"
    " invoice order cart pay payment refund v commit sha md5 sha1 sha256 cache chunk index main vendor"
    " bundle app lib asset assets static cf-ray etag"
)
"""Prefixes of ids, which are long and random, too."""
