"""The right answers."""

q1 = 7
q2 = 512
q3 = 5130
q4 = 64
q5 = 3
q6 = 224
q7 = 1000
q8 = 10
q9 = "relu"
q10 = "softmax"
q11 = "adam"
q12 = "sgd"
q13 = "dropout"
q14 = "batch norm"
q15 = True
q16 = False
q17 = 0.5
q18 = 0.001
q19 = [4, 3, 224, 224]
q20 = [1, 10]
