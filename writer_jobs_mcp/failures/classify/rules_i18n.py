"""The commonest wordings of German, French, Spanish, Portuguese, Italian, Japanese, Chinese, Korean and Russian."""

# ruff: noqa: RUF001 - Cyrillic letters and full-width marks are what these languages are written with

from writer_jobs_mcp.failures.classify.rules import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        "blocked_content",
        r"""
        inhalts?(filter|richtlinie)\w*
        filtre de contenu
        politique de contenu
        (filtro|política|politica) de (contenido|conteúdo)
        filtro (dei )?contenut\w
        (コンテンツ|コンテンツの)(フィルタ|ポリシー)
        敏感(内容|词|信息)
        内容(违规|审核|安全)
        違反內容
        (콘텐츠|컨텐츠) (필터|정책)
        (фильтр\w{0,3}|политик\w{0,3}) (контента|содержимого)
        """,
    ),
    Rule(
        "input_too_long",
        r"""
        zu (lang|groß)\b
        trop (long(ue)?|volumineu\w+|grande?)s?\b
        demasiado (larg|extens|grande)\w{0,2}
        (muito|demasiado) (long|extens|grande)\w{0,2}
        troppo (lung|grand)\w
        長すぎ
        大きすぎ
        文字数.{0,6}超え
        (过长|太长|過長|超长|过大|太大|超出.{0,8}(长度|字数|上下文))
        너무 (깁니다|길어|큽니다|커)
        слишком (длин|больш)\w{2,4}
        """,
    ),
    Rule(
        "rate_limit",
        r"""
        guthaben .. (aufgebraucht|reicht)
        crédits? (épuisé|insuffisant)\w*
        solde insuffisant
        (saldo|crédito|credito)s? insu\w+
        余额不足
        欠费
        残高.{0,3}不足
        잔액.{0,3}부족
        недостаточно средств
        """,
        retry="after_a_fix",
    ),
    Rule(
        "rate_limit",
        r"""
        zu viele (anfragen|anforderungen|aufrufe)
        (ratenlimit|anfragelimit|kontingent) .. (überschritten|erreicht|erschöpft)
        trop de (requêtes|demandes)
        (limite de (débit|requêtes)|quota) .. (dépassée?|atteinte?)
        demasiadas (solicitudes|peticiones)
        (límite de (solicitudes|velocidad)|cuota) .. (superad|excedid|alcanzad|agotad)\w
        (muitas|demasiad\ws) (requisições|solicitações|pedidos)
        (limite de (taxa|requisições)|cota) .. (excedid|atingid)\w
        troppe richieste
        (limite di (frequenza|richieste)|quota) .. (superat|raggiunt)\w
        リクエスト.{0,4}多すぎ
        (レート|利用|使用量|リクエスト).{0,3}(制限|上限).{0,4}(超|達)
        请求.{0,4}(频繁|过多|太多)
        請求.{0,4}(頻繁|過多)
        (限流|超出.{0,6}(配额|频率)|(配额|額度|额度).{0,4}(用完|用尽|不足|耗尽|超出))
        요청.{0,3} (너무 많|많습니다)
        (한도|할당량).{0,3} ?초과
        слишком много (запросов|обращений)
        (лимит|квот\w) .. (превышен|исчерпан)\w?
        превышен\w? .. (лимит|квота)
        """,
    ),
    Rule(
        "timeout",
        r"""
        zeitüberschreitung
        zeitlimit .. (überschritten|erreicht)
        antwortete nicht rechtzeitig
        délai (d.attente |imparti |de réponse )?.. (dépassé|expiré|écoulé)
        temps (d.attente )?.. (dépassé|écoulé)
        tiempo (de espera|límite|de respuesta) .. (agotado|excedido|superado)
        (agotado|excedido|superado) .. tiempo
        tempo (limite|esgotado|de espera|de resposta) ?.. (esgotado|excedido|expirado|ultrapassado)
        tempo esgotado
        (tempo (di attesa|limite|massimo)|timeout) .. (scaduto|superato|esaurito)
        tempo scaduto
        タイムアウト(しました|が発生|です|になり|エラー)
        制限時間.{0,3}(超|過ぎ)
        (请求|連線|连接|响应|操作|处理|调用|访问|執行|执行|任务|逾時|网关).{0,3}(超时|逾時)
        (超时|逾時)(错误|，|。|$)
        시간.{0,3} ?초과
        타임아웃.{0,3}(발생|되었)
        (превышен\w{0,2}|истекл?о?) .. (врем|ожидани|тайм)\w+
        (врем\w+|тайм-?аут) .. (истекло|превышен\w?|вышло)
        """,
    ),
    Rule(
        "access_denied",
        r"""
        (zugriff|zugang) .. (verweigert|abgelehnt|untersagt)
        keine berechtigung
        nicht (autorisiert|berechtigt|angemeldet)
        ungültige[rs]? (api.schlüssel|token|passwort)
        accès .. (refusé|interdit)
        non autorisé
        (authentification|autorisation) .. (échou\w+|refusée|requise)
        clé (d.)?api .. (invalide|incorrecte)
        acceso .. (denegado|prohibido)
        no autorizado
        (sin|no tiene) permisos?
        clave (de )?api .. (inválida|incorrecta|no válida)
        acesso .. (negado|proibido)
        não autorizado
        sem permissão
        chave (de |da )?api .. (inválida|incorreta)
        accesso .. (negato|vietato)
        non autorizzato
        autorizzazione negata
        chiave api .. non valida
        アクセス.{0,5}(拒否|禁止)
        (権限|アクセス権).{0,3}(ありません|不足)
        認証.{0,3}(失敗|エラー)
        拒绝访问
        访问被拒绝
        (权限|權限)不足
        (没有|无|沒有|無)(访问)?(权限|權限)
        未(授权|授權)
        认证失败
        (密钥|令牌).{0,3}(无效|过期)
        (无效|过期)的?.{0,6}(密钥|令牌)
        (접근|액세스).{0,3} ?거부
        권한.{0,3} ?없
        인증.{0,4} ?실패
        доступ .. (запрещ[её]н|отказано|закрыт)
        (в доступе) отказано
        нет (доступа|прав)
        (ошибка|не удалась) (авторизации|аутентификации)
        """,
    ),
    Rule(
        "missing_resource",
        r"""
        (datei|ressource|dokument|seite|modell)\w{0,3} .. (nicht (gefunden|vorhanden)|existiert nicht|gelöscht)
        wurde nicht gefunden
        introuvables?
        n.existe (pas|plus)
        (fichier|ressource|document|modèle|page) .. non trouvée?
        (recurso|archivo|fichero|documento|modelo|página|aplicación) .. no (encontrad\w|existe|se (encontró|encuentra))
        (recurso|arquivo|ficheiro|documento|modelo|página|aplicação) .. não (existe|(foi )?encontrad\w)
        (risorsa|file|documento|modello|pagina|applicazione) .. (non trovat|non esiste|inesistente)\w{0,3}
        (ファイル|リソース|モデル|ページ|ドキュメント|アプリ|データ).{0,12}(見つかりません|存在しません)
        (模型|文件|资源|資源|页面|文档|应用|对象|接口|檔案).{0,12}(不存在|未找到|找不到|已被?删除)
        (找不到|未找到).{0,6}(模型|文件|资源|页面|文档|应用)
        (파일|리소스|모델|페이지|문서|애플리케이션).{0,12}(찾을 수 없|존재하지 않)
        (файл|ресурс|документ|модель|страница|приложение|объект) .. не (найден|существует)\w{0,2}
        """,
    ),
    Rule(
        "upstream_failure",
        r"""
        (dienst|server|service) .. (nicht verfügbar|nicht erreichbar|überlastet)
        verbindung .. (abgelehnt|abgebrochen|zurückgesetzt|unterbrochen|fehlgeschlagen)
        verbindungsfehler
        (service|serveur) .. (indisponible|surchargé|injoignable)
        connexion .. (refusée|interrompue|réinitialisée|perdue|échouée)
        (servicio|servidor) .. (no disponible|sobrecargado|no responde)
        conexión .. (rechazada|interrumpida|restablecida|perdida|fallida)
        (serviço|servidor) .. (indisponível|sobrecarregado|não disponível)
        conexão .. (recusada|interrompida|perdida|redefinida)
        (servizio|server) .. (non disponibile|sovraccarico|irraggiungibile)
        connessione .. (rifiutata|interrotta|persa|reimpostata)
        (サービス|サーバ).{0,12}(利用できません|混み合|過負荷|ダウン|応答していません)
        接続.{0,4}(拒否|切断|失敗|リセット)
        (服务|服務|服务器|系统|模型).{0,5}(不可用|繁忙|过载|過載|维护|异常)
        连接.{0,4}(失败|被?拒绝|被?重置|中断|断开)
        网络(错误|异常)
        (서비스|서버).{0,8}(사용할 수 없|과부하|응답하지|혼잡)
        연결.{0,6}(거부|실패|끊|재설정)
        (сервис|сервер|служба) .. (недоступ|перегруж|не отвечает)\w{0,4}
        соединени\w .. (разорван|сброшен|отклон|прерван|потерян)\w{1,4}
        """,
    ),
    Rule(
        "invalid_input",
        r"""
        ungültige[nrms]? (eingabe|anfrage|anforderung|parameter|format|wert|dateiformat)\w{0,2}
        (feld|parameter|angabe|eingabe) .. (erforderlich|fehlt|ist leer)
        pflichtfeld
        (entrée|requête|paramètre|format|valeur|champ)s? .. (invalide|obligatoire|manquante?|requise?|non valide)
        (entrada|solicitud|parámetro|formato|valor|campo)s? .. (inválid|no válid|obligatori|requerid|falta)\w{0,2}
        (entrada|solicitação|parâmetro|formato|valor|campo)s? .. (inválid|obrigatóri|ausente)\w{0,2}
        (input|richiesta|parametro|formato|valore|campo) .. (non valid|obbligatori|mancante|richiest)\w{0,2}
        (無効な|不正な)(入力|リクエスト|パラメータ|形式|値|ファイル)
        (必須|入力が必要)
        (パラメータ|入力|形式).{0,4}(無効|正しくありません|不正)
        (参数|參數|输入|请求|格式).{0,6}(错误|无效|不合法|不正确|缺失|有误|不能为空)
        (缺少|无效的|不支持的).{0,4}(参数|输入|格式|文件|请求|字段)
        必填
        (잘못된|유효하지 않은) (입력|요청|매개변수|형식|파라미터|값)
        필수 (입력|항목|필드|매개변수)
        (неверн|некорректн|недопустим)\w{2,3} (запрос|формат|параметр|значени|данны|ввод)\w{0,3}
        (поле|параметр) .. (обязател|не указан)\w{1,4}
        """,
    ),
)

FALLBACK_RULES: tuple[Rule, ...] = (
    Rule(
        "internal_error",
        r"""
        interner? (server)?fehler
        interner serverfehler
        erreur interne
        error interno
        erro interno
        errore interno
        内部(サーバー?)?.{0,2}エラー
        (内部|服务器|伺服器)(服务器|伺服器)?(内部)?错误
        內部錯誤
        내부 (서버 )?오류
        внутренн\w{2} ошибк\w
        """,
    ),
)

NEGATION_BEFORE = (
    r"\b(?:kein\w{0,2}|nicht|ohne|pas|sans|aucune?|sin|sem|senza|ningún|nenhum\w?|nessun\w?|не|нет|без"
    r"|no (?:se|hubo)|não)"
    r"\s(?:\w{1,15}\s){0,2}|(?:没有|沒有|并非|並非|不是|未|非)[^\s，。,.\0]{0,4}"
)
"""What denies the words right after it."""

NEGATION_AFTER = (
    r"\s?(?:ではありません|ではない|はありません|はない|が原因ではな|이 아닙니다|가 아닙니다|아닌|없이|없었)"
)
"""What denies the words right before it."""
