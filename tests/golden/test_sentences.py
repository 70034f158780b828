"""Golden sentences in all the languages: joined to a text, they are found again."""

import pytest

from mien.domain.labels import LANGUAGES
from mien.extractors.sentences import sentences

GOLDEN: dict[str, list[str]] = {
    "en": [
        "Dr. Smith paid $3.50 to Mr. J. R. Jones at 5 p.m. on Friday.",
        "“Stop!” she cried, e.g. twice.",
        "Was it No. 5 or No. 6?",
        "He lives in the U.S. with his dog.",
        "Visit www.example.org for more...",
        "Then call us!! 🎉🎉",
        "Wait… what do you mean?",
        '"I never said that."',
        "It grew by 4.5 percent in the U.K.",
        "The rest fell.",
        "Gov. Newsom met J.R.R. Tolkien, Ph.D., in St. Louis (see p. 12).",
        "Dr. Who did one more rep.",
        "Then World War I.",
        "It ended.",
        "No!",
        "He said no.",
        "ok then.",
    ],
    "en-GB": ["Mrs. Hughes of Acme Ltd. was cross.", "She'd waited at St. Pancras since 9.30 a.m. for nothing."],
    "en-AU": ["No worries, mate!", "We drove from Mt. Isa to Sydney in Jan. 2019.", "Bloody long way, eh?"],
    "en-IN": ["The fare was Rs 45.50 only.", "Prof. Rao did the needful.", "Kindly revert by 6 p.m. today."],
    "en-NZ": ["Sweet as!", "Lt. Tane walked to Mt. Cook.", "Yeah, nah."],
    "de": [
        "Am 3. Oktober trafen wir Hrn. Dr. Müller, d.h. seinen Bruder, z.B. in Köln.",
        "„Kommst du?“, fragte sie.",
        "Das kostet 3,50 Euro bzw. ca. 4 Dollar.",
        "»Nein!«",
        "Er schwieg usw. und ging.",
        "Das war z. B. in Bonn, d. h. am Rhein, im 1. Jh. v. Chr. oder so.",
        "Am 1. und 2. Mai kommt er.",
    ],
    "fr": [
        "M. Dupont est arrivé à 8 h. 30 avec Mme. Leroy.",
        "« Quelle horreur ! » s'écria-t-elle.",
        "Pourquoi ?",
        "Cela coûte env. 12,50 euros, p. ex. chez M. Leroy.",
    ],
    "fr-CA": ["C'est-tu correct ?", "On a vu Mme. Tremblay au coin de l'av. Papineau.", "Bon, à la prochaine !"],
    "es": [
        "El Sr. García vive en la Avda. de la Paz, núm. 4.",
        "¿Qué hora es?",
        "¡Qué susto!",
        "Ud. no lo sabe... pero yo sí.",
    ],
    "es-419": ["La Dra. Pérez llegó de EE.UU. con su hijo.", "¿Y ahora qué?", "Costó $1.250 aprox. en total."],
    "it": [
        "Il sig. Rossi e la dott.ssa Bianchi arrivano alle 8.30.",
        "«Che bello!» disse lei.",
        "Davvero?",
        "Vedi pag. 12.",
    ],
    "pt": ["O Sr. Silva mora na Av. da Liberdade, n. 10.", "Que saudade!", "Você vem amanhã?"],
    "pt-BR": ["A Dra. Ana disse que custa R$ 3.500,00.", "Nossa, que legal!", "Cadê o pessoal?"],
    "pt-PT": ["O Prof. Costa chegou às 9.30.", "Estás a brincar?", "Olha, paciência."],
    "nl": ["Dhr. de Vries komt o.a. uit Utrecht.", "Dat kost ca. 5 euro.", "Meen je dat?", "Ja hoor!"],
    "da": ["Mødet er den 3. maj kl. 10 hos hr. Jensen.", "Det koster bl.a. 5,50 kr.", "Er du sikker?", "Ja!"],
    "no": ["Møtet er 17. mai kl. 12 hos dr. Hansen.", "Vi trenger f.eks. mer tid.", "Er du sikker?", "Ja!"],
    "sv": ["Vi ses kl. 10 hos dr. Berg, t.ex. på måndag.", "Är du säker?", "Ja, bl.a. därför!"],
    "pl": ["Prof. Nowak mieszka przy ul. Długiej 5.", "Spotkali się 3. maja, m.in. w Krakowie.", "Naprawdę?", "Tak!"],
    "ru": [
        "Он родился в 1950 г. в деревне.",
        "А.С. Пушкин жил на ул. Мойке.",
        "Это т. е. всё и т. д. и т. п. в общем.",
        "Правда?",
        "Да!",
    ],
    "uk": ["Він живе на вул. Шевченка, буд. 5.", "Т. Г. Шевченко писав про це.", "Справді?", "Так!"],
    "tr": ["Dr. Yılmaz 3. katta oturuyor.", "Bu, örn. çok güzel.", "Gerçekten mi?", "Evet!"],
    "id": ["Bpk. Budi tinggal di Jl. Merdeka No. 5.", "Harganya Rp. 5.000 saja.", "Benarkah?", "Ya!"],
    "hi": ["डॉ. शर्मा आज दिल्ली गए।", "क्या आप ठीक हैं?", "मुझे बहुत खुशी है!", "यह 3.5 किलो है।"],
    "hi-Latn": ["Mujhe bahut khushi hai!", "Dr. Sharma aaj nahi aaye.", "Kya hua?"],
    "ta": ["திரு. குமார் சென்னையில் வசிக்கிறார்.", "நீங்கள் நலமா?", "மிகவும் மகிழ்ச்சி!"],
    "ko": ["오늘은 3.5도였다.", "정말요?", "네, 너무 기뻐요!", "그는 “가자.”라고 말했다."],
    "ja": [
        "今日はとても嬉しかった。",
        "本当ですか？",
        "「すごい！」と彼は言った。",
        "気温は３．５度だった…。",
        "「行こう。」",
    ],
    "zh": ["今天天气很好。", "你真的要走吗？", "“太好了！”他说。", "价格是3.5元……真便宜！"],
}
UNSPACED = {"ja", "zh"}


def test_every_language_has_its_golden_sentences():
    assert set(GOLDEN) == set(LANGUAGES)


@pytest.mark.parametrize("language", sorted(GOLDEN))
def test_joined_sentences_are_found_again(language: str) -> None:
    text = ("" if language in UNSPACED else " ").join(GOLDEN[language])

    assert [text[place.begin : place.end] for place in sentences(text, language)] == GOLDEN[language]
