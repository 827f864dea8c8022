"""Errors in Chinese, Japanese, Korean and Russian: operating systems, gateways, model vendors and applications."""

import json
from collections import Counter
from pathlib import Path
from typing import NamedTuple, get_args

import pytest

from writer_jobs_mcp.failures import Category, classify_error


class Row(NamedTuple):
    """A row of ``errors_zh_ja_ko_ru.tsv``: each error has one cause, or names none."""

    language: str
    category: str
    retry: str  # empty where the usual one is meant
    error: str


def _read_row(line: str) -> Row:
    language, cause, error = line.split("\t")
    category, _, retry = cause.partition("/")
    return Row(language, category, retry, error)


_TABLE = Path(__file__).parents[2] / "data" / "errors_zh_ja_ko_ru.tsv"
ROWS = [_read_row(line) for line in _TABLE.read_text(encoding="utf-8").splitlines()]
LANGUAGES = sorted({row.language for row in ROWS})


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_error_has_the_cause_that_a_reader_of_its_language_gives_it(language: str) -> None:
    found = [(row, classify_error(row.error)) for row in ROWS if row.language == language]
    assert [
        (row, cause.evidence)
        for row, cause in found
        if (cause.category, cause.retry if row.retry else "") != (row.category, row.retry)
    ] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_label_that_stands_on_any_error_does_not_hide_what_the_message_says(language: str) -> None:
    known = [row for row in ROWS if row.language == language and row.category not in ("unknown", "internal_error")]
    hidden = [row.error for row in known if classify_error(_in_envelope(row.error)).category != row.category]
    assert len(known) >= 10
    assert hidden == []


def _in_envelope(message: str) -> str:
    envelope = {"error": {"message": message, "type": "invalid_request_error", "code": None}}
    return json.dumps(envelope, ensure_ascii=False)


@pytest.mark.parametrize("language", ["zh", "ja", "ko"])
def test_every_cause_has_errors_in_every_language(language: str) -> None:
    counts = Counter(row.category for row in ROWS if row.language == language)
    assert set(counts) == set(get_args(Category))
    assert counts["unknown"] >= 30
    assert min(counts.values()) >= 4


@pytest.mark.parametrize(
    ("errors", "category"),
    [
        # what is too long or too large decides
        (["等待时间过长", "処理時間が長すぎます", "대기 시간이 너무 깁니다"], "timeout"),
        (["输入内容过长", "入力が長すぎます", "입력이 너무 깁니다"], "input_too_long"),
        (["当前访问量过大", "アクセスが集中しています", "접속자가 너무 많아 처리할 수 없습니다"], "upstream_failure"),
        (["请求时间与当前时间相差过大", "要求の時刻と現在の時刻の差が大きすぎます"], "access_denied"),
        (["并发数过高", "送信頻度が高すぎます", "요청 빈도가 너무 높습니다"], "rate_limit"),
        (["差异过大", "違いが大きすぎます", "차이가 너무 큽니다"], "unknown"),
        # an error somewhere names no cause; one of the network, and one inside the server, do
        (["请求发生错误", "リクエストに失敗しました", "요청이 실패했습니다"], "unknown"),
        (["网络请求错误", "ネットワークエラー", "네트워크 오류"], "upstream_failure"),
        (
            ["服务器处理请求时发生错误", "サーバーでエラーが発生しました", "서버에서 오류가 발생했습니다"],
            "internal_error",
        ),
        # a fault of the model's output is no fault of the input
        (["输出格式不正确", "出力の形式が正しくありません", "출력 형식이 올바르지 않습니다"], "unknown"),
        (
            [
                "响应中未找到工具调用",
                "応答にツール呼び出しが見つかりませんでした",
                "응답에서 도구 호출을 찾을 수 없습니다",
            ],
            "unknown",
        ),
    ],
)
def test_words_that_look_alike_are_told_apart(errors: list[str], category: str) -> None:
    assert [classify_error(error).category for error in errors] == [category] * len(errors)


@pytest.mark.parametrize(
    "error",
    [
        *("没有超时", "并未超出配额", "这不是超时错误", "未检测到敏感内容", "没有发现网络错误"),
        *(
            "タイムアウトしませんでした",
            "レート制限を超えていません",
            "接続は拒否されていません",
            "権限に問題はありません",
        ),
        *(
            "시간 초과가 아닙니다",
            "할당량을 초과하지 않았습니다",
            "접근이 거부되지 않았습니다",
            "인증에 실패하지 않았습니다",
        ),
        *("Лимит запросов не превышен", "Время ожидания не истекло", "Доступ не запрещён"),
    ],
)
def test_what_is_denied_is_no_cause(error: str) -> None:
    assert classify_error(error).category == "unknown"
