"""Words that stand where a credential might, and say something about it."""

WORDS_ABOUT_VALUES = frozenset(
    (
        # English
        "required missing expired expires expire invalid null none nil undefined not true false empty unset"
        " revoked wrong incorrect unknown unauthorized unauthorised denied failed fails failure optional str"
        " string must should is was has have had cannot can could may might please this that these the an a"
        " at too your enter expected no yes on off any mismatch mismatched mismatches blank weak short long"
        " hidden redacted removed masked changed reset updated rejected accepted valid disabled enabled"
        " forgotten protected encrypted hashed bytes int integer number boolean bool object text field"
        " fields type present absent set unavailable forbidden needed mandatory given provided used does do"
        " did will would when while for from in of to with by as if or and but after before because since"
        " see check use try contact length minimum maximum least between contains contain character"
        " characters digits error exception authentication authorization bad new different default only same"
        " value values new_password confirm confirmation confirmed match matches matching policy prompt"
        " unsupported supported ok okay success successfully filtered omitted sensitive placeholder changeme"
        " example todo tbd n na nan void char varchar byte array list dict map optional any unknown_error"
        " unresolved pending created deleted generated requested returned received sent stored loaded"
        " authenticated verify verified verification recovery login user username email file path env"
        " environment token tokens password passwords passwd key keys bearer basic digest negotiate literal"
        " anonymous public private anonymous unlimited limit limits exceeded per auth access refresh"
        " callback function async await return lambda header headers cookie cookies format malformed corrupt"
        " corrupted truncated bearer_token invalid_token"
        # German, French, Spanish, Portuguese, Italian, Dutch, Polish, Russian, Chinese, Japanese, Korean
        "falsch ungültig fehlt erforderlich abgelaufen darf muss nicht ist war leer zu stimmt unbekannt"
        " incorrecte obligatoire invalide manquant requis doit expiré est vide faux incorrecta incorrecto"
        " obligatoria obligatorio inválida inválido requerida requerido debe es vacía no obrigatória"
        " obrigatório inválido deve expirada errada incorreta non valida obbligatoria errata scaduta onjuist"
        " verplicht ongeldig verlopen nieprawidłowe wymagane niepoprawne обязателен неверный неверен не"
        " истёк 不能为空 错误 无效 必填 必須です 必須 無効 정확하지 필수"
    ).split()
)
