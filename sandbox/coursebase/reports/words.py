"""Column titles and states in the languages reports are translated to here.

Documented: H:add-report-column for the Japanese titles and states of `learners`,
H:check-submission for the states of submissions. Inferred: languages without a translation
show English.
"""

from __future__ import annotations

TRANSLATED = ("en", "ja", "fr")

WORDS: dict[str, tuple[str, str, str]] = {
    "last_name": ("Last name", "姓", "Nom"),
    "first_name": ("First name", "名", "Prénom"),
    "login_id": ("Email or other login ID", "メールアドレス", "Identifiant"),
    "course_name": ("Course name", "コース名", "Nom du cours"),
    "learner_status": ("Status", "受講状況", "Statut"),
    "grade": ("Grade (%)", "成績", "Note, en %"),
    "started": ("Start date", "開始日", "Date de début"),
    "completed_on": ("Completion date", "修了日", "Date d'achèvement"),
    "language": ("Language", "言語", "Langue"),
    "time_zone": ("Time zone", "タイムゾーン", "Fuseau horaire"),
    "groups": ("Groups", "グループ", "Groupes"),
    "account": ("Account status", "アカウント状態", "État du compte"),
    "course_status": ("Course status", "コース状態", "État du cours"),
    "location": ("Location", "場所", "Lieu"),
    "end": ("End date", "終了日", "Date de fin"),
    "learner_count": ("Learners", "受講者数", "Apprenants"),
    "instructor_count": ("Instructors", "講師数", "Formateurs"),
    "passing_grade": ("Passing grade (%)", "合格点", "Note de passage, en %"),
    "item": ("Item", "項目", "Élément"),
    "state": ("Submission status", "提出状況", "État de la remise"),
    "score": ("Score", "得点", "Score"),
    "submitted_at": ("Submitted at", "提出日時", "Remis le"),
    "comment": ("Comment", "コメント", "Commentaire"),
    "question": ("Question", "設問", "Question"),
    "answer": ("Answer", "回答", "Réponse"),
    "correct": ("Correct?", "正誤", "Correct ?"),
    "submitted_count": ("Submitted", "提出数", "Remis"),
    "rate": ("Submission rate (%)", "提出率", "Taux de remise, en %"),
    "activity": ("Activity", "アクティビティ", "Activité"),
    "at": ("Date and time", "日時", "Date et heure"),
    "solution": ("Solution", "解答", "Solution"),
    "video": ("Video", "動画", "Vidéo"),
    "viewers": ("Viewers", "視聴者数", "Spectateurs"),
    "plays": ("Plays", "再生回数", "Lectures"),
    "watched": ("Average seconds watched", "平均視聴秒数", "Secondes vues, moyenne"),
    "role": ("User role", "ユーザー権限", "Rôle"),
    "joined": ("User joined date", "登録日", "Inscription"),
    "enrolled_count": ("New enrolled courses", "新規登録コース数", "Cours suivis"),
    "started_count": ("Started courses", "開始コース数", "Cours commencés"),
    "completed_count": ("Completed courses", "完了コース数", "Cours achevés"),
    "minutes": ("Video minutes", "視聴分数", "Minutes de vidéo"),
    "last_visit": ("Last visit", "最終訪問", "Dernière visite"),
    "udemy_course": ("Course ID", "コースID", "ID du cours"),
    "category": ("Category", "カテゴリー", "Catégorie"),
    "ratio": ("Completion ratio (%)", "完了率", "Taux d'achèvement"),
    "enrolled_at": ("Enroll date", "受講登録日", "Date d'inscription"),
    "assigned_by": ("Assigned by", "割り当て者", "Attribué par"),
    "item_type": ("Item type", "項目タイプ", "Type d'élément"),
    "views": ("Views", "閲覧数", "Vues"),
    "in_progress": ("In progress", "受講中", "En cours"),
    "done": ("Completed", "完了済", "Terminé"),
    "passed": ("Passed", "合格", "Réussi"),
    "failed": ("Failed", "不合格", "Échoué"),
    "graded": ("Graded", "採点済", "Noté"),
    "submitted": ("Submitted", "提出済", "Remis"),
    "begun": ("Started", "開始済", "Commencé"),
    "waiting": ("Waiting", "提出待ち", "En attente"),
    "active": ("Active", "有効", "Actif"),
    "archived": ("Archived", "アーカイブ済", "Archivé"),
    "deactivated": ("Deactivated", "無効", "Désactivé"),
    "yes": ("Yes", "はい", "Oui"),
    "no": ("No", "いいえ", "Non"),
    "lecture": ("Lecture", "講義", "Leçon"),
    "quiz": ("Quiz", "小テスト", "Quiz"),
    "untitled": ("Course", "コース", "Cours"),
}


def word(key: str, language: str) -> str:
    """Return a word in a language, in English where there is no translation."""
    place = TRANSLATED.index(language) if language in TRANSLATED else 0
    return WORDS[key][place]
